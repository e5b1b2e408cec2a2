import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { startFixpoint } from '../support/fixpoint.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { serve } from '../integration/http/served.ts';
import { ApiClient } from './api-client.ts';

const verify = 'verify: { within: 30s, checks: [ { http: { connection: health, path: /health, times: 1 } } ] }';
const rule = (name: string, mode: string, ladder: string) => `
  - name: ${name}
    summary: s
    match: ['alertname="${name}"']
    mode: ${mode}
    ladder: ${ladder}
    flap: 2s
    guards: { attempts: 1 }
    ${verify}`;

const files: Readonly<Record<string, string>> = {
  'rules/a.yaml': `rules:${[
    rule('memory', 'auto', '[{ remediation: memory, with: { connection: cache }, undo: { when: resolved, after: 0s } }]'),
    rule('own', 'auto', '[{ remediation: memory, with: { connection: own } }]'),
    rule('flush', 'auto', '[{ remediation: flush }]'),
    rule('idle', 'auto', '[{ remediation: idle }]'),
  ].join('')}\n`,
  'remediations/memory.yaml':
    "name: memory\nsummary: s\nparams: { connection: { type: string } }\nsteps: [ { id: set, action: redis.config, with: { connection: '${params.connection}', set: { maxmemory: 64mb } } } ]\n",
  'remediations/flush.yaml': 'name: flush\nsummary: s\nsteps: [ { id: flush, action: redis.flush, with: { connection: cache } } ]\n',
  'remediations/idle.yaml':
    'name: idle\nsummary: s\nsteps: [ { id: end, action: postgres.terminateBackends, with: { connection: app, olderThan: 1s, applications: [worker] } } ]\n',
};

it('a real service changes a real Redis and PostgreSQL, asks before a flush, takes a setting back, and refuses its own store', async () => {
  using folder = temporaryFolder();
  await using own = await startRedis({ persist: true });
  await using cache = await startRedis({ args: ['--requirepass', 'geheim-7'] });
  await using database = await startPostgres();
  await using health = await serve((_request, response) => void response.end('ok'));
  const seen = new Redis(cache.url, { password: 'geheim-7' });
  await seen.set('key', '1');
  const admin = new Client({ host: '127.0.0.1', port: database.port, user: 'postgres' });
  await admin.connect();
  await admin.query('CREATE ROLE worker LOGIN; CREATE ROLE fixer LOGIN IN ROLE pg_signal_backend, pg_read_all_stats');
  const idle = new Client({ host: '127.0.0.1', port: database.port, user: 'worker', database: 'postgres', application_name: 'worker' });
  idle.on('error', () => undefined);
  await idle.connect();
  await idle.query('BEGIN');

  const config = `
sources: { main: { evidence: receipt } }
store: { redis: '${own.url}' }
http: { health: { origin: '${health.origin}' } }
redis:
  cache: { address: '127.0.0.1:${cache.port}', password: { env: CACHE_PASSWORD } }
  own: { address: '127.0.0.1:${own.port}' }
postgres:
  app: { address: '127.0.0.1:${database.port}', database: postgres, username: fixer }
`;
  for (const name of ['rules', 'remediations']) mkdirSync(join(folder.path, name));
  for (const [name, text] of Object.entries({ ...files, 'fixpoint.yaml': config })) writeFileSync(join(folder.path, name), text);
  await using fixpoint = await startFixpoint({
    args: [
      '--config',
      join(folder.path, 'fixpoint.yaml'),
      '--rules',
      join(folder.path, 'rules'),
      '--remediations',
      join(folder.path, 'remediations'),
    ],
    env: { CACHE_PASSWORD: 'geheim-7' },
  });
  const api = new ApiClient(fixpoint.url);
  const send = async (name: string, status = 'firing') => {
    const body = { version: '4', alerts: [{ status, labels: { alertname: name } }] };
    const answer = await fetch(`${fixpoint.url}/api/v1/webhook/main`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(202);
  };

  for (const name of ['memory', 'own', 'flush', 'idle']) await send(name);
  const memory = await api.endOf('memory', 30_000);
  expect([memory.phase, memory.rungs[0]?.steps[0]?.target, memory.rungs[0]?.steps[0]?.changes]).toEqual([
    'succeeded',
    'redis/cache',
    [{ what: 'maxmemory', from: '0', to: '64mb' }],
  ]);
  expect(await seen.config('GET', 'maxmemory')).toEqual(['maxmemory', String(64 * 1024 * 1024)]);

  const refused = await api.endOf('own', 30_000);
  expect([refused.phase, refused.reason]).toEqual([
    'failed',
    expect.stringContaining('is the Redis that Fixpoint itself keeps its runs in'),
  ]);

  const ended = await api.endOf('idle', 30_000);
  expect([ended.phase, ended.rungs[0]?.steps[0]?.changes.length]).toEqual(['succeeded', 1]);
  expect((await admin.query("SELECT FROM pg_stat_activity WHERE application_name = 'worker'")).rowCount).toBe(0);

  await waitUntil(async () => (await api.runs('?rule=flush'))[0]?.phase === 'awaiting-approval', {
    describe: 'the flush to be asked about',
  });
  expect(await seen.dbsize()).toBe(1);
  const runs = await (await fetch(`${fixpoint.url}/api/v1/runs`)).text();

  await send('memory', 'resolved');
  await expect.poll(async () => await seen.config('GET', 'maxmemory'), { timeout: 60_000, interval: 500 }).toEqual(['maxmemory', '0']);
  expect(fixpoint.output() + runs).not.toContain('geheim-7');
  seen.disconnect();
  await admin.end();
}, 150_000);
