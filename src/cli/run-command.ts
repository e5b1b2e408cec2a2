import { codeOf, FixpointError, messageOf } from '../errors.ts';
import { nearest } from '../value/nearest.ts';
import { catalogue } from './catalogue.ts';
import { UsageError, type Command, type ExitCode, type Terminal } from './command.ts';
import { parseInvocation } from './parse-invocation.ts';

/** Arguments after `fixpoint` → a command → an exit code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [given, ...rest] = args;
  const name = given === '--version' ? 'version' : given;
  if (name === undefined) {
    await overview((line) => terminal.say(line));
    return 2;
  }
  if (name === 'help' || name === '--help' || name === '-h') {
    const asked = name === 'help' ? rest[0] : undefined;
    if (asked !== undefined) return await help(asked, terminal);
    await overview((line) => terminal.print(line));
    return 0;
  }
  const load = loaderOf(name);
  if (load === undefined) return unknownCommand(name, terminal);
  if (rest.includes('--help') || rest.includes('-h')) return await help(name, terminal);
  const command = await load();
  try {
    return await command.run(parseInvocation(command, rest, terminal));
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.say(`fixpoint ${name}: ${error.message}\nUsage: fixpoint ${name} ${command.usage}`);
      return 2;
    }
    if (error instanceof FixpointError || (error instanceof Error && error.cause !== undefined)) {
      terminal.say(isJsonWanted(rest) ? JSON.stringify(told(error)) : `fixpoint ${name}: ${words(error)}`);
      return 1;
    }
    throw error;
  }
}

function loaderOf(name: string): (() => Promise<Command>) | undefined {
  return Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
}

function isJsonWanted(args: readonly string[]): boolean {
  return args.includes('--output=json') || args.some((arg, index) => arg === '--output' && args[index + 1] === 'json');
}

function told(error: Error): object {
  return { code: codeOf(error), detail: error.message, retryable: error instanceof FixpointError && error.retryable };
}

function words(error: Error): string {
  const isCoded = error instanceof FixpointError && error.code !== 'config.invalid';
  return `${messageOf(error)}${isCoded ? ` (${error.code})` : ''}`;
}

function unknownCommand(name: string, { say }: Terminal): ExitCode {
  const similar = nearest(name, Object.keys(catalogue));
  say(
    `fixpoint: unknown command ${JSON.stringify(name)}${similar === undefined ? '' : `; did you mean ${similar}?`}\nCommands: ${Object.keys(catalogue).join(', ')}`,
  );
  return 2;
}

async function overview(write: (line: string) => void): Promise<void> {
  const commands = await Promise.all(Object.values(catalogue).map((load) => load()));
  write('Fixpoint: guarded remediations for alerts from Alertmanager.\n\nUsage: fixpoint <command> [options]\n');
  for (const { name, summary } of commands) write(`  ${name.padEnd(13)}${summary}`);
  write('\nfixpoint help <command> says more. Exit codes: 0 fine, 1 problems found, 2 wrong usage.');
}

async function help(name: string, terminal: Terminal): Promise<ExitCode> {
  const load = loaderOf(name);
  if (load === undefined) return unknownCommand(name, terminal);
  const { summary, usage, example, options } = await load();
  terminal.print(`${summary}\n\nUsage: fixpoint ${name} ${usage}\nExample: ${example}`);
  const names = Object.entries(options).map(([option, { type }]) => `--${option}${type === 'string' ? ' <value>' : ''}`);
  terminal.print(`Options: ${[...names, '--output json'].join(', ')}`);
  return 0;
}
