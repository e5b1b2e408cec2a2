import { stringify } from 'yaml';
import { isDnsLabel } from '../value/name.ts';
import { roles } from '../value/role.ts';
import { textOption, UsageError, type Command } from './command.ts';

export const token: Command = {
  name: 'token',
  summary: 'Make a token, and the line for auth.tokens that knows only its digest.',
  usage: '[--name on-call] [--role operator]',
  example: 'fixpoint token --name on-call --role operator',
  options: { name: { type: 'string' }, role: { type: 'string' } },
  positionals: { least: 0, most: 0 },
  async run({ values, print, say, isJson }) {
    const name = textOption(values, 'name') ?? 'on-call';
    const role = textOption(values, 'role') ?? 'operator';
    if (!isDnsLabel(name)) throw new UsageError(`--name is a name of lower-case letters, digits and dashes, not ${JSON.stringify(name)}`);
    if (!roles.some((known) => known === role)) throw new UsageError(`--role is one of ${roles.join(', ')}, not ${JSON.stringify(role)}`);
    const { makeToken } = await import('../app/make-token.ts');
    const made = makeToken();
    const entry = { name, role, hash: made.hash };
    if (isJson) print(JSON.stringify({ token: made.token, ...entry }));
    else {
      print(made.token);
      say('it is shown only this once; this goes under auth.tokens in fixpoint.yaml:');
      say(`  - ${stringify(entry, { collectionStyle: 'flow', lineWidth: 0 }).trim()}`);
    }
    return 0;
  },
};
