import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFrom } from './load-from.ts';

/** Problems with the folder's name left out. */
function problemsOf(given: Parameters<typeof loadFrom>[0]): readonly string[] {
  const { problems, folder } = loadFrom(given);
  return problems.map((problem) => problem.replaceAll(`${folder}/`, ''));
}

describe('fixpoint.yaml', () => {
  it.each([
    ['lisen: 127.0.0.1:1', '1:1', 'unknown key lisen; did you mean listen?'],
    ['sources:\n  main:\n    evidense: api', '3:5', 'unknown key evidense; did you mean evidence?'],
    ['auth:\n  tokens:\n    - { name: a, role: admin, tokn: { env: X } }', '3:31', 'unknown key tokn; did you mean token?'],
    [
      'auth: { tokens: [{ name: a, role: king, token: { env: X } }] }',
      '1:35',
      'role: expected one of webhook, viewer, operator, admin, found "king"',
    ],
    ['defaults: { cooldown: soon }', '1:23', 'cooldown: expected a duration such as 30s, 5m or 1h30m'],
    ['limits: { rate: { global: 4 per hour } }', '1:27', 'global: expected a rate such as 4/1h'],
    ['limits: { attempts: { max: 0 } }', '1:28', ''],
    ['sources: { main: { namespaces: [shop, Bank] } }', '1:', 'expected a namespace, or - for what is in none, as nodes are'],
    ['sources: { main: { heartbeat: [Watchdog] } }', '1:32', ''],
    ['sources: { main: { heartbeat: [] } }', '1:31', ''],
    ['sources: { Main: {} }', '1:12', 'Main: expected a name of lower-case letters, digits and -'],
    ['http: { shop: { origin: shop.example } }', '1:25', 'origin: expected an address such as http://prometheus:9090'],
    ['prometheus: { main: { url: "http://me:pass@prometheus" } }', '1:28', 'url: expected an address without user and password'],
    ['secrets: { a: { vault: x } }', '1:17', 'unknown key vault'],
    ['secrets: { a: plain-text }', '1:15', ''],
    ['commands: { a: { argv: [] } }', '1:24', ''],
    ["commands: { a: { argv: [x, '${n}'] } }", '1:24', 'expected a declared parameter, found ${n}'],
    [
      "commands: { a: { argv: [x, 'n=${n}'], params: { n: { integer: {} } } } }",
      '1:24',
      'expected ${n} to be a whole argument, found n=${n}',
    ],
    ["commands: { a: { argv: ['${n}'], params: { n: { integer: {} } } } }", '1:24', 'expected a fixed program as first argument'],
    ['commands: { a: { argv: [x], params: { n: { integer: {} } } } }', '1:42', 'expected it to be used in argv'],
    ["commands: { a: { argv: [x, '${n}'], params: { n: { string: { pattern: '(' } } } } }", '1:', 'expected an RE2 expression'],
    ['log: { level: loud }', '1:15', 'level: expected one of debug, info, warn, error, found "loud"'],
    ['listen: [', '', ''],
    ['a: 1\na: 2', '2:1', ''],
  ])('%j is refused at its place', (yaml, place, message) => {
    const problems = problemsOf({ yaml });
    expect(problems.some((problem) => problem.startsWith(`fixpoint.yaml:${place}`) && problem.includes(message))).toBe(true);
  });

  it('has all its problems told at once', () => {
    expect(problemsOf({ yaml: 'lisen: 1\ndefaults: { flap: x, within: y }' })).toHaveLength(3);
  });

  it('has to exist when it is named', () => {
    const { problems } = loadFrom({ flags: { config: '/nowhere/fixpoint.yaml' } });
    expect(problems).toEqual(['/nowhere/fixpoint.yaml: there is no such file']);
  });

  it('names what evidence needs', () => {
    expect(problemsOf({ yaml: 'sources: { a: { evidence: api }, b: { evidence: prometheus }, c: { prometheus: main } }' })).toEqual([
      'sources.a: evidence: api needs alertmanager: <address>',
      'sources.b: evidence: prometheus needs prometheus: <address or name>',
      'sources.c: there is no prometheus named main',
    ]);
  });

  it('refuses an unknown log level from a flag too', () => {
    expect(problemsOf({ flags: { logLevel: 'loud' } })).toEqual(['log level: expected one of debug, info, warn, error, found "loud"']);
  });
});

describe('a variable that begins with FIXPOINT_', () => {
  it('is refused when nobody knows it, with the nearest known one', () => {
    expect(problemsOf({ environment: { FIXPOINT_LISTN: '1' } })).toEqual([
      'environment: unknown variable FIXPOINT_LISTN; did you mean FIXPOINT_LISTEN?',
    ]);
  });

  it('is known when the file takes a secret from it', () => {
    const yaml = 'secrets: { pager: { env: FIXPOINT_PAGER_KEY } }';
    expect(problemsOf({ yaml, environment: { FIXPOINT_PAGER_KEY: 'k' } })).toEqual([]);
  });

  it.each([
    'FIXPOINT_SERVICE_HOST',
    'FIXPOINT_SERVICE_PORT_HTTP',
    'FIXPOINT_PORT',
    'FIXPOINT_PORT_8080_TCP_ADDR',
    'FIXPOINT_REDIS_PORT_6379_TCP',
  ])('is let pass when Kubernetes made it for a Service: %s', (name) =>
    expect(problemsOf({ environment: { [name]: 'tcp://10.0.0.1:8080' } })).toEqual([]),
  );
});

describe('fixpoint.example.yaml', () => {
  it('loads, with its secrets in place', () => {
    const example = readFileSync(new URL('../../../fixpoint.example.yaml', import.meta.url), 'utf8');
    const names = [...new Set(Array.from(example.matchAll(/file: ([\w./-]+)/g), ([, name]) => name ?? ''))].filter(
      (name) => !name.includes('PAUSED'),
    );
    const variables = Array.from(example.matchAll(/env: (\w+)/g), ([, name]) => [name ?? '', 'text']);
    const plain = names.reduce((text, name) => text.replaceAll(name, name.replaceAll('/', '-')), example);
    const { config, problems } = loadFrom({
      yaml: plain,
      files: Object.fromEntries(names.map((name) => [name.replaceAll('/', '-'), 'secret\n'])),
      environment: Object.fromEntries(variables) as Record<string, string>,
    });
    expect(problems).toEqual([]);
    expect(config?.limits.mode).toBe('plan');
    expect(config?.sources[0]).toMatchObject({ name: 'default', evidence: 'api' });
    expect(config?.escalation.length).toBeGreaterThan(0);
    expect(join(config?.data ?? '', 'PAUSED')).toBe(config?.pauseFile);
  });
});
