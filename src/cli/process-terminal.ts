import { processEnvironment } from '../config/load.ts';
import type { Terminal } from './command.ts';
import { forTerminal } from './terminal-text.ts';

/** The streams and the environment of this process. Everything written passes here, so no control character gets by. */
export function processTerminal(): Terminal {
  return {
    print: (line) => process.stdout.write(`${forTerminal(line)}\n`),
    say: (line) => process.stderr.write(`${forTerminal(line)}\n`),
    isTerminal: process.stdout.isTTY,
    environment: processEnvironment(),
  };
}
