import type { Log } from '../src/ports/log.ts';

/** Says nothing. */
export const quietLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
