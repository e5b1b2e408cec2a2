import { processEnvironment } from '../config/load.ts';
import type { Terminal } from './command.ts';
import { forTerminal } from './terminal-text.ts';

/** The streams and the environment of this process. Everything written passes here, so no control character gets by. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosed);
  return {
    print: (line) => process.stdout.write(`${forTerminal(line)}\n`),
    say: (line) => process.stderr.write(`${forTerminal(line)}\n`),
    isTerminal: process.stdout.isTTY,
    environment: processEnvironment(),
  };
}

/** Who reads has enough, as `head` has: nothing is wrong with the command. */
function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
