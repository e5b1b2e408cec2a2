import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configurationRows } from '../support/docs/configuration-docs.ts';
import { startChild } from '../support/child-process.ts';
import { startFixpoint, type FixpointServer } from '../support/fixpoint.ts';
import { freePort } from '../support/free-port.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { plantedText } from '../support/secrets/planted-configuration.ts';
import { SecretWatch } from '../support/secrets/secret-watch.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { serve } from '../integration/http/served.ts';
import { ApiClient, webhookBody } from './api-client.ts';
import { startSandboxProcess } from './separate-platform.ts';

const folder = temporaryFolder();
const root = new URL('../..', import.meta.url).pathname;
const watch = new SecretWatch();
let own: RedisServer;
let cache: RedisServer;
let echo: Awaited<ReturnType<typeof serve>>;
let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;
let service: FixpointServer;
const environment: Record<string, string> = {};

let files = 0;
/** As `store.sentinel`, which cannot stand beside `store.redis`. */
let sentinels = '';

/** Each place of the configuration where a secret can stand, and the texts planted there. */
const planted = new Map<string, string[]>();

function plant(place: string, text = plantedText(place)): string {
  planted.set(place, [...(planted.get(place) ?? []), text]);
  watch.add(place, text);
  return text;
}

function inEnvironment(place: string, text?: string): string {
  const name = `SECRET_${Object.keys(environment).length}`;
  environment[name] = plant(place, text);
  return `{ env: ${name} }`;
}

function inFile(place: string, text?: string): string {
  const name = `secret-${(files += 1)}`;
  writeFileSync(join(folder.path, name), `${plant(place, text)}\n`);
  return `{ file: ${name} }`;
}

/** A Secret of the sandbox's cluster; the texts are where its keys are. */
async function inKubernetes(name: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, data });
  const path = '/api/v1/namespaces/default/secrets';
  const response = await fetch(sandbox.addresses.kubernetesUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  if (!response.ok) throw new Error(await response.text());
}

const rule = (name: string, remediation: string) => `
  - name: ${name}
    summary: s
    match: ['alertname="${name}"']
    mode: auto
    subject: redis/${name}
    ladder: [{ remediation: ${name}, onError: climb }]
    guards: { attempts: 1, approval: {} }
    verify: { within: 20s, checks: [{ promql: { query: 'up{job="${name}"}', expect: value > 0.0, window: 1s } }] }
${remediation}`;

const remediations: Readonly<Record<string, string>> = {
  http: `{ id: a, action: http.request, with: { connection: echo, method: POST, path: /act, headers: { x-own: '\${secrets.own}' }, body: { key: '\${secrets.kept}' }, unless: { path: /state, pointer: /a, equals: b } } }`,
  cache: '{ id: a, action: redis.flush, with: { connection: cache } }',
  absent: '{ id: a, action: redis.flush, with: { connection: absent } }',
  database: '{ id: a, action: postgres.terminateBackends, with: { connection: app, olderThan: 1s, applications: [worker] } }',
};

beforeAll(async () => {
  const password = plant('store.redis');
  own = await startRedis({ persist: true, args: ['--requirepass', password] });
  cache = await startRedis({ args: ['--requirepass', 'another-password-of-it'] });
  sandbox = await startSandboxProcess();
  // Whoever is told a secret may say it again.
  echo = await serve(({ method, url, headers, body }, response) => {
    const text = JSON.stringify({ status: 'error', errorType: 'bad_data', error: `not so: ${JSON.stringify(headers)}`, body });
    response.writeHead(method === 'GET' && url === '/state' ? 200 : 400, { 'content-type': 'application/json' }).end(text);
  });
  await inKubernetes('keys', { own: plant('secrets'), token: plant('auth.tokens[].token') });
  const channel = (place: string) =>
    `{ webhook: { url: ${inEnvironment(`${place}.webhook.url`, `${echo.origin}/${plantedText(place)}`)}, headers: { x-key: ${inFile(`${place}.webhook.headers`)} } } }`;
  const config = `
store: { redis: ${inFile('store.redis', `redis://:${password}@127.0.0.1:${own.port}`)} }
history: { postgres: { url: ${inEnvironment('history.postgres.url', `postgres://u:${plantedText('history')}@127.0.0.1:9/d`)} } }
auth:
  tokens:
    - { name: root, role: admin, token: ${inFile('auth.tokens[].token')} }
    - { name: kept, role: viewer, token: { kubernetes: default/keys/token } }
sources:
  default:
    evidence: receipt
    prometheus: main
    credentials: [{ bearer: ${inFile('sources.<name>.credentials[].bearer')} }, { basic: { username: am, password: ${inEnvironment('sources.<name>.credentials[].basic.password')} } }]
clusters: { default: { server: '${sandbox.addresses.kubernetesUrl}' } }
prometheus: { main: { url: '${echo.origin}', token: ${inEnvironment('prometheus.<name>.token')} } }
http: { echo: { origin: '${echo.origin}', headers: { authorization: ${inEnvironment('http.<name>.headers')} } } }
redis:
  cache: { address: '127.0.0.1:${cache.port}', password: ${inEnvironment('redis.<name>.password')} }
  absent: { sentinel: { addresses: ['127.0.0.1:9'], master: m, password: ${inEnvironment('redis.<name>.sentinel.password')} }, password: ${inFile('redis.<name>.password')} }
postgres: { app: { address: '127.0.0.1:9', database: d, username: u, password: ${inFile('postgres.<name>.password')} } }
secrets: { own: { kubernetes: default/keys/own }, kept: ${inEnvironment('secrets')} }
escalation: [${channel('escalation[]')}]
notices: [{ on: [run-started, run-ended], ...PLACE }]
tracing: { endpoint: '${echo.origin}', headers: { authorization: ${inEnvironment('tracing.headers')} } }
limits: { actions: { redis.flush: auto } }
`.replace('...PLACE }', channel('notices[]').slice(1));
  sentinels = `{ addresses: ['127.0.0.1:9'], master: m, password: ${inEnvironment('store.sentinel.password')}, sentinelPassword: ${inFile('store.sentinel.sentinelPassword')} }`;
  for (const name of ['rules', 'remediations']) mkdirSync(join(folder.path, name));
  writeFileSync(join(folder.path, 'fixpoint.yaml'), config);
  writeFileSync(
    join(folder.path, 'rules', 'a.yaml'),
    `rules:${Object.keys(remediations)
      .map((name) => rule(name, ''))
      .join('')}`,
  );
  for (const [name, step] of Object.entries(remediations))
    writeFileSync(join(folder.path, 'remediations', `${name}.yaml`), `name: ${name}\nsummary: s\nsteps: [ ${step} ]\n`);
  service = await startFixpoint({ args: ['--log-level', 'debug', ...places()], env: environment });
});

afterAll(async () => {
  await service?.stop();
  await sandbox?.child.stop();
  await cache?.stop();
  await own?.stop();
  await echo?.[Symbol.asyncDispose]();
  folder.remove();
});

function places(): readonly string[] {
  const at = (name: string) => join(folder.path, name);
  return ['--config', at('fixpoint.yaml'), '--rules', at('rules'), '--remediations', at('remediations')];
}

function secretOf(place: string): string {
  return planted.get(place)?.at(-1) ?? '';
}

it('has a secret in every place where the configuration takes one', () => {
  const known = configurationRows()
    .filter(({ form }) => /\bsecret\b/.test(form))
    .map(({ key }) => key);
  expect(known.length).toBeGreaterThan(12);
  expect([...planted.keys()].toSorted()).toEqual(known.toSorted());
});

it('a service that fails wherever it uses a secret says none of them: in no log, journal, record, answer or error', async () => {
  const url = service.url;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const post = async (path: string, headers: Record<string, string>, body: unknown) =>
    await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const alerts = Object.keys(remediations).map((alertname) => ({ labels: { alertname } }));
  expect((await post('/api/v1/webhook', bearer(secretOf('sources.<name>.credentials[].bearer')), webhookBody(alerts))).status).toBe(202);
  const basic = Buffer.from(`am:${secretOf('sources.<name>.credentials[].basic.password')}`).toString('base64');
  expect((await post('/api/v1/webhook/default', { authorization: `Basic ${basic}` }, webhookBody(alerts))).status).toBe(202);

  const admin = planted.get('auth.tokens[].token')?.[1] ?? '';
  const api = new ApiClient(url, admin);
  for (const name of Object.keys(remediations)) {
    const hasFailed = async () =>
      (await api.runs(`?rule=${name}`)).some(({ phase, reason }) => phase === 'failed' || reason.includes('tries again'));
    await waitUntil(hasFailed, { timeoutMs: 30_000, intervalMs: 200, describe: `a run of ${name} to fail` });
  }
  // They were used, every one of them, and said again to the service by whoever was told.
  for (const place of [
    'secrets',
    'tracing.headers',
    'http.<name>.headers',
    'prometheus.<name>.token',
    'escalation[].webhook.headers',
    'notices[].webhook.headers',
  ])
    for (const text of planted.get(place) ?? [])
      await waitUntil(() => echo.seen.some((request) => JSON.stringify(request).includes(text)), {
        timeoutMs: 30_000,
        describe: `${place} to be used`,
      });

  // Right credentials in wrong places, wrong ones in right places.
  const kept = planted.get('auth.tokens[].token')?.[0] ?? '';
  expect((await fetch(`${url}/api/v1/runs`, { headers: bearer(kept) })).status).toBe(200);
  expect((await post('/-/reload', bearer(kept), {})).status).toBe(403);
  expect((await fetch(`${url}/api/v1/nothing?token=x`, { headers: bearer(admin) })).status).toBe(404);
  expect((await post('/api/v1/webhook', bearer(`${admin.slice(0, -1)}!`), {})).status).toBe(401);
  expect((await post('/api/v1/webhook', bearer(admin), { alerts: 7 })).status).toBe(400);
  expect((await post('/-/reload', bearer(admin), {})).status).toBe(200);

  const paths = Object.entries((await api.get<{ paths: Record<string, object> }>('/api/v1/openapi.json')).paths)
    .filter(([path, methods]) => 'get' in methods && !path.includes('{') && path !== '/api/v1/events')
    .map(([path]) => path);
  for (const path of paths) watch.look(path, await (await fetch(url + path, { headers: bearer(admin) })).text());
  for (const { id } of await api.runs()) watch.look(`run ${id}`, JSON.stringify(await api.run(id)));
  watch.assertNothingFound();
}, 120_000);

it.each([['config'], ['config', '--output', 'json'], ['doctor', '--all'], ['check'], ['rbac'], ['schema'], ['runs']])(
  'fixpoint %s prints none of them',
  async (...args) => {
    const admin = planted.get('auth.tokens[].token')?.[1] ?? '';
    const child = startChild({
      command: process.execPath,
      args: ['src/main.ts', ...args, ...(args[0] === 'schema' ? [] : args[0] === 'runs' ? ['--server', service.url] : places())],
      cwd: root,
      env: { PATH: process.env['PATH'], ...environment, FIXPOINT_TOKEN: admin },
    });
    await child.ended;
    expect(child.output().length).toBeGreaterThan(20);
    watch.look(args.join(' '), child.output());
    watch.assertNothingFound();
  },
);

it('a configuration whose secrets cannot be had says which, and none of the others', async () => {
  const broken = join(folder.path, 'broken.yaml');
  writeFileSync(
    broken,
    readFileSync(join(folder.path, 'fixpoint.yaml'), 'utf8')
      .replace('default/keys/own', 'default/keys/nothing')
      .replace('{ env: SECRET_1 }', '{ env: NOTHING }'),
  );
  const child = startChild({
    command: process.execPath,
    args: ['src/main.ts', 'serve', '--config', broken, '--data', join(folder.path, 'other'), '--listen', '127.0.0.1:0'],
    cwd: root,
    env: { PATH: process.env['PATH'], ...environment },
  });
  expect(await child.ended).toBe(1);
  expect(child.output()).toContain('NOTHING');
  watch.look('a refusal to start', child.output());
  watch.assertNothingFound();
});

it('a service whose sentinels do not answer says none of what it would tell them', async () => {
  const config = join(folder.path, 'sentinels.yaml');
  writeFileSync(config, `store: { sentinel: ${sentinels} }\nhistory: { none: true }\n`);
  const child = startChild({
    command: process.execPath,
    args: ['src/main.ts', 'serve', '--config', config, '--data', join(folder.path, 'third'), '--listen', `127.0.0.1:${await freePort()}`],
    cwd: root,
    env: { PATH: process.env['PATH'], ...environment },
  });
  await waitUntil(() => !child.isRunning() || /sentinel|Redis/i.test(child.output()), {
    timeoutMs: 20_000,
    describe: 'a word about its Redis',
  });
  await child.stop();
  expect(child.output()).toMatch(/sentinel|Redis/i);
  watch.look('what it wrote', child.output());
  watch.assertNothingFound();
});
