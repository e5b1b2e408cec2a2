/** A set-up step that cannot go on: the message says what is missing and the line to run. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * Prints one line about a step before it is done; on stderr, so that the output of a command stays clean.
 * @param {string} line
 */
export function announce(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a script's main function and turns its result into the exit code.
 * @param {() => number | Promise<number>} main
 */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
