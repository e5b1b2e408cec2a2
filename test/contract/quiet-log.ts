import type { Log } from '../../src/ports/log.ts';

/** A log nobody reads. */
export const quietLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
