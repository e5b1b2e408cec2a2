import { processTerminal } from './cli/process-terminal.ts';
import { runCommand } from './cli/run-command.ts';

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
