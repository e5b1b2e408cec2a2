import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadFrom } from '../config/load-from.ts';
import { fixpoint } from './fake-service.ts';

it('fixpoint token makes a token and the line that knows its digest only, as the configuration takes it', async () => {
  const { code, out, err } = await fixpoint(['token', '--name', 'ann', '--role', 'admin']);
  expect([code, out]).toEqual([0, expect.stringMatching(/^fixpoint_[-_A-Za-z0-9]{43}$/)]);
  const line = err.split('\n').at(-1) ?? '';
  expect(err).not.toContain(out);
  expect(parse(line)).toEqual([{ name: 'ann', role: 'admin', hash: `sha256:${createHash('sha256').update(out).digest('hex')}` }]);
  const { config, problems } = loadFrom({ yaml: `auth:\n  tokens:\n${line}\n` });
  expect([problems, config?.auth.tokens[0]?.sha256?.length]).toEqual([[], 32]);
});

it('fixpoint token makes another one each time, and tells both in JSON', async () => {
  const made = await Promise.all(
    [1, 2].map(async () => JSON.parse((await fixpoint(['token', '--output', 'json'])).out) as { token: string }),
  );
  expect(new Set(made.map(({ token }) => token)).size).toBe(2);
  expect(Object.keys(made[0] ?? {})).toEqual(['token', 'name', 'role', 'hash']);
});

it.each([
  [['token', '--name', 'Ann'], '--name is a name of lower-case letters'],
  [['token', '--role', 'king'], '--role is one of webhook, viewer, operator, admin'],
])('%j is wrong usage', async (args, why) => {
  expect(await fixpoint(args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(why) });
});
