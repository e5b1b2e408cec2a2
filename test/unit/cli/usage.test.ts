import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/cli/catalogue.ts';
import { fixpoint } from './fake-service.ts';

describe('fixpoint', () => {
  it('alone is wrong usage, and says what there is', async () => {
    const { code, out, err } = await fixpoint([]);
    expect([code, out]).toEqual([2, '']);
    for (const name of Object.keys(catalogue)) expect(err).toContain(`  ${name} `);
  });

  it.each([['help'], ['--help'], ['-h']])('%s says what there is', async (word) => {
    const { code, out, err } = await fixpoint([word]);
    expect([code, err]).toEqual([0, '']);
    for (const name of Object.keys(catalogue)) expect(out).toContain(`  ${name} `);
  });

  it('--version says which it is', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(await fixpoint(['--version'])).toEqual({ code: 0, out: `fixpoint ${version}`, err: '' });
    expect(await fixpoint(['--version', '--output', 'json'])).toEqual({ code: 0, out: JSON.stringify({ version }), err: '' });
  });

  it.each([
    ['rnus', '; did you mean runs?'],
    ['chek', '; did you mean check?'],
    ['constructor', ''],
    ['__proto__', ''],
  ])('refuses the command %s', async (name, suggestion) => {
    const { code, err } = await fixpoint([name]);
    expect(code).toBe(2);
    expect(err).toContain(`unknown command ${JSON.stringify(name)}${suggestion}\nCommands: serve, `);
  });
});

describe.each(Object.keys(catalogue))('fixpoint %s', (name) => {
  it.each([
    ['help', name],
    [name, '--help'],
  ])('has help by %s %s', async (...args) => {
    const { code, out } = await fixpoint(args);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: fixpoint ${name}`);
    expect(out).toContain(`Example: fixpoint ${name}`);
    expect(out).toContain('--output json');
  });

  it('refuses an unknown option, with the nearest known one', async () => {
    const { code, err } = await fixpoint([name, '--outptu', 'json']);
    expect(code).toBe(2);
    expect(err).toContain(`fixpoint ${name}: unknown option --outptu; did you mean --output?`);
  });

  it('refuses an unknown form of output and too many arguments', async () => {
    expect(await fixpoint([name, 'a', '--output', 'xml'])).toMatchObject({ code: 2 });
    const { most } = (await catalogue[name]?.())?.positionals ?? { most: 0 };
    const words = Array.from({ length: Math.max(3, most + 1) }, (_, index) => `word${index}`);
    expect(await fixpoint([name, ...words])).toMatchObject({ code: 2, err: expect.stringContaining('too many arguments') as string });
  });
});

describe('wrong usage', () => {
  it.each([
    [['approve'], 'an argument is missing'],
    [['approve', 'r-1'], 'say why, with --reason'],
    [['cancel', 'r-1', '--reason', ''], 'say why, with --reason'],
    [['pause'], 'say why, with --reason'],
    [['pause', '--rule', 'a', '--target', 'b', '--reason', 'x'], 'one of --rule, --target at a time'],
    [['explain', '/nowhere.json'], '/nowhere.json: ENOENT'],
    [['serve', '--role', 'boss'], '--role is all, api or worker, not boss'],
    [['serve', '--speed', '5'], '--speed is for the sandbox only'],
    [['serve', '--sandbox', '--speed', '0'], '--speed is a number from 1 to 1000, not 0'],
    [['sandbox', '--platform', 'a'], '--platform and --fault go together; --list lists them'],
    [['sandbox', '--fault', 'b'], '--fault is for a game day, which needs --platform'],
    [['sandbox', '--platform', 'a', '--fault', 'b', '--label', 'c'], '--label is <name>=<value>, not c'],
    [['sandbox', '--platform', 'a', '--fault', 'b', '--for', '0'], '--for is a length of time such as 10m, not 0'],
    [
      ['sandbox', '--platform', 'a', '--fault', 'b', '--listen', '0.0.0.0:80'],
      '--listen is 127.0.0.1:<port> on a game day, not 0.0.0.0:80',
    ],
    [['schema', 'rules'], 'there is a schema of config and of test, not of rules'],
    [['runs', '--server', 'localhost:8080'], 'the server is an address such as http://127.0.0.1:8080'],
    [['runs', '--server'], 'argument missing'],
    [['runs', '--phase', 'faild'], 'there is no phase "faild"; did you mean failed? There are: queued, planning, '],
    [['runs', '--phase', 'xxxxxxxxxxxx'], 'there is no phase "xxxxxxxxxxxx". There are: queued, '],
    [['runs', '--since', 'yesterday'], '--since is a time (2026-01-31T12:00:00Z) or a duration (30m, 2h), not "yesterday"'],
    [['runs', '--limit', '501'], '--limit is a number from 1 to 500, not "501"'],
    [['pause', '--reason', 'x', '--until', 'noon'], '--until is a time (2026-01-31T12:00:00Z) or a duration (30m, 2h), not "noon"'],
  ])('%j', async (args, message) => {
    const { code, out, err } = await fixpoint(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toContain(`Usage: fixpoint ${args[0]}`);
  });
});

describe('a game day that there is not', () => {
  it.each([
    [['--platform', 'llm-guardrials', '--fault', 'high-latency'], 'there is no platform llm-guardrials; did you mean llm-guardrails?'],
    [['--platform', 'xxxxxxxxxxxxxxxxxx', '--fault', 'high-latency'], 'there is no platform xxxxxxxxxxxxxxxxxx. There are: '],
    [['--platform', 'llm-guardrails', '--fault', 'hihg-latency'], 'llm-guardrails has no fault hihg-latency; did you mean high-latency?'],
  ])(
    '%j',
    async (args, message) => {
      const { code, out, err } = await fixpoint(['sandbox', ...args]);
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain(message);
    },
    30_000,
  );
});
