import { parseArgs } from 'node:util';
import { processEnvironment } from '../config/load.ts';
import { FixpointError, messageOf } from '../errors.ts';
import { nearest } from '../value/nearest.ts';
import { catalogue } from './catalogue.ts';
import { UsageError, type Command, type ExitCode, type Terminal } from './command.ts';

const terminal: Terminal = {
  print: (line) => process.stdout.write(`${line}\n`),
  say: (line) => process.stderr.write(`${line}\n`),
  isTerminal: process.stdout.isTTY,
  environment: processEnvironment(),
};

/** Arguments after `fixpoint` → a command → an exit code. */
export async function runCommand(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const asked = name === 'help' ? rest[0] : undefined;
    if (asked === undefined) return await overview();
    return await help(asked);
  }
  const load = catalogue[name];
  if (load === undefined) return unknownCommand(name);
  const command = await load();
  if (rest.includes('--help') || rest.includes('-h')) return await help(name);
  try {
    return await command.run(parse(command, rest));
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.say(`fixpoint ${name}: ${error.message}\nUsage: fixpoint ${name} ${command.usage}`);
      return 2;
    }
    if (error instanceof FixpointError || (error instanceof Error && error.cause !== undefined)) {
      terminal.say(`fixpoint ${name}: ${messageOf(error)}`);
      return 1;
    }
    throw error;
  }
}

function parse(command: Command, args: readonly string[]) {
  const options = { ...command.options, output: { type: 'string' as const } };
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const unknown = /Unknown option '(--?[^']+)'/.exec(messageOf(error))?.[1];
    if (unknown === undefined) throw new UsageError(messageOf(error).split('. ')[0] ?? '', { cause: error });
    const similar = nearest(unknown.replace(/^-+/, ''), Object.keys(options));
    throw new UsageError(`unknown option ${unknown}${similar === undefined ? '' : `; did you mean --${similar}?`}`, { cause: error });
  }
  const { least, most } = command.positionals;
  const { length } = parsed.positionals;
  if (length < least) throw new UsageError('an argument is missing');
  if (length > most) throw new UsageError(`too many arguments: ${parsed.positionals.slice(most).join(' ')}`);
  const { output } = parsed.values;
  if (output !== undefined && output !== 'json' && output !== 'text')
    throw new UsageError(`--output is json or text, not ${String(output)}`);
  return { ...terminal, values: parsed.values, positionals: parsed.positionals, isJson: output === 'json' };
}

function unknownCommand(name: string): ExitCode {
  const similar = nearest(name, Object.keys(catalogue));
  terminal.say(
    `fixpoint: unknown command ${JSON.stringify(name)}${similar === undefined ? '' : `; did you mean ${similar}?`}\nCommands: ${Object.keys(catalogue).join(', ')}`,
  );
  return 2;
}

async function overview(): Promise<ExitCode> {
  const commands = await Promise.all(Object.values(catalogue).map((load) => load()));
  terminal.print('Fixpoint: guarded remediations for alerts from Alertmanager.\n\nUsage: fixpoint <command> [options]\n');
  for (const { name, summary } of commands) terminal.print(`  ${name.padEnd(13)}${summary}`);
  terminal.print('\nfixpoint help <command> says more. Exit codes: 0 fine, 1 problems found, 2 wrong usage.');
  return 0;
}

async function help(name: string): Promise<ExitCode> {
  const load = catalogue[name];
  if (load === undefined) return unknownCommand(name);
  const { summary, usage, example, options } = await load();
  terminal.print(`${summary}\n\nUsage: fixpoint ${name} ${usage}\nExample: ${example}`);
  const names = Object.entries(options).map(([option, { type }]) => `--${option}${type === 'string' ? ' <value>' : ''}`);
  terminal.print(`Options: ${[...names, '--output json'].join(', ')}`);
  return 0;
}
