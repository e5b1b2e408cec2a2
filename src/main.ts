import { processTerminal } from './cli/process-terminal.ts';
import { runCommand } from './cli/run-command.ts';

/** For what is left to end by itself once a command is done, ms; a driver that asks a lost server again and again never would. */
const farewell = 500;

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
setTimeout(() => process.exit(), farewell).unref();
