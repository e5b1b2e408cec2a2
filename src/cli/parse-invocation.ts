import { parseArgs } from 'node:util';
import { messageOf } from '../errors.ts';
import { nearest } from '../value/nearest.ts';
import { UsageError, type Command, type Invocation, type Terminal } from './command.ts';

/** The arguments after a command's name, held to what it takes; throws `UsageError`. */
export function parseInvocation(command: Command, args: readonly string[], terminal: Terminal): Invocation {
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
  if (output !== undefined && output !== 'json' && output !== 'text') throw new UsageError(`--output is json or text, not ${output}`);
  return { ...terminal, values: parsed.values, positionals: parsed.positionals, isJson: output === 'json' };
}
