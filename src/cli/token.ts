import { hash, randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { isDnsLabel } from '../value/name.ts';
import { roles } from '../value/role.ts';
import { textOption, UsageError, type Command } from './command.ts';

/** So that scanners for secrets know one when they see it. */
const prefix = 'fixpoint_';
/** As many chances as a digest has: nobody finds it by trying. */
const randomLength = 32;

export const token: Command = {
  name: 'token',
  summary: 'Make a token, and the line for auth.tokens that knows only its digest.',
  usage: '[--name on-call] [--role operator]',
  example: 'fixpoint token --name on-call --role operator',
  options: { name: { type: 'string' }, role: { type: 'string' } },
  positionals: { least: 0, most: 0 },
  run({ values, print, say, isJson }) {
    const name = textOption(values, 'name') ?? 'on-call';
    const role = textOption(values, 'role') ?? 'operator';
    if (!isDnsLabel(name)) throw new UsageError(`--name is a name of lower-case letters, digits and dashes, not ${JSON.stringify(name)}`);
    if (!roles.some((known) => known === role)) throw new UsageError(`--role is one of ${roles.join(', ')}, not ${JSON.stringify(role)}`);
    const text = prefix + randomBytes(randomLength).toString('base64url');
    const entry = { name, role, hash: `sha256:${hash('sha256', text)}` };
    if (isJson) print(JSON.stringify({ token: text, ...entry }));
    else {
      print(text);
      say('it is shown only this once; this goes under auth.tokens in fixpoint.yaml:');
      say(`  - ${stringify(entry, { collectionStyle: 'flow', lineWidth: 0 }).trim()}`);
    }
    return Promise.resolve(0);
  },
};
