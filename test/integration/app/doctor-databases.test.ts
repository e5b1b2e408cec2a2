import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/app/doctor/diagnose.ts';
import type { Finding } from '../../../src/app/doctor/finding.ts';
import type { Config, PoolConfig, PostgresTargetConfig, RedisTargetConfig } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { Secret } from '../../../src/value/secret.ts';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sendJson, serve } from '../http/served.ts';
import { sessionOf } from '../postgres-target/targets.ts';

let cache: RedisServer;
let database: PostgresServer;
let admin: Redis;
let superuser: Client;

beforeAll(async () => {
  [cache, database] = await Promise.all([startRedis(), startPostgres()]);
  admin = new Redis(cache.url);
  superuser = new Client({ connectionString: database.url });
  await superuser.connect();
  await superuser.query('CREATE ROLE healer LOGIN; CREATE TABLE orders (id int)');
});
afterAll(async () => {
  admin.disconnect();
  await superuser.end();
  await Promise.all([cache.stop(), database.stop()]);
});
beforeEach(async () => {
  await admin.call(
    'ACL',
    'SETUSER',
    'healer',
    'reset',
    'on',
    '>right',
    '~*',
    '+info',
    '+acl|whoami',
    '+acl|dryrun',
    '+@read',
    '+@connection',
  );
  await superuser.query('REVOKE pg_signal_backend, pg_read_all_stats FROM healer');
});

const redisTarget = (more: Partial<RedisTargetConfig> = {}): RedisTargetConfig => ({
  at: { kind: 'standalone', address: `127.0.0.1:${cache.port}` },
  username: 'healer',
  password: () => new Secret('right'),
  database: 0,
  tls: false,
  timeout: 2000,
  commands: [{ command: 'XTRIM', converges: true }],
  ...more,
});
const postgresTarget = (more: Partial<PostgresTargetConfig> = {}): PostgresTargetConfig => ({
  address: `127.0.0.1:${database.port}`,
  database: 'postgres',
  username: 'healer',
  tls: false,
  timeout: 2000,
  ...more,
});

/** What is found of databases, with one rule of these steps. */
async function examined(steps: readonly string[], change: Partial<Config> = {}, mode = 'auto'): Promise<readonly Finding[]> {
  using folder = temporaryFolder();
  const rules = join(folder.path, 'rules');
  const remediations = join(folder.path, 'remediations');
  for (const each of [rules, remediations]) mkdirSync(each);
  const ladder = steps.length === 0 ? [] : ['mend'];
  const rule = {
    name: 'heal',
    summary: 'heal',
    match: ['alertname="A"'],
    mode,
    subject: 'redis/cache',
    ladder: ladder.map((remediation) => ({ remediation })),
    verify: { checks: [{ promql: { query: 'up', expect: 'value > 0', window: '15s' } }] },
  };
  writeFileSync(join(rules, 'a.yaml'), JSON.stringify({ rules: ladder.length === 0 ? [] : [rule] }));
  const body = `name: mend\nsummary: mend\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
  if (ladder.length > 0) writeFileSync(join(remediations, 'mend.yaml'), body);
  const given = loadConfig({ rules, remediations, data: folder.path }, {});
  const targets = { redisTargets: new Map([['cache', redisTarget()]]), postgresTargets: new Map([['shop', postgresTarget()]]) };
  const findings = await diagnose({ ...given, history: { kind: 'none', keep: 1 }, ...targets, ...change }, { isSandbox: false });
  expect(findings.filter(({ area }) => area === 'rules')).toEqual([]);
  return findings.filter(({ area, about }) => (area === 'redis' || area === 'postgres') && about !== 'our own Redis');
}

const changing = [
  '{ id: memory, action: redis.config, with: { connection: cache, set: { maxmemory: 100mb } } }',
  '{ id: trim, action: redis.command, with: { connection: cache, command: [XTRIM, jobs, MAXLEN, "10"], converges: true } }',
];
const ending = [
  '{ id: end, action: postgres.terminateBackends, with: { connection: shop, olderThan: 5m } }',
  '{ id: vacuum, action: postgres.vacuum, with: { connection: shop, tables: [orders] } }',
];

describe('what the doctor finds of a Redis that is remediated', () => {
  it('is well where its user may do what rules do', async () => {
    await admin.call('ACL', 'SETUSER', 'healer', '+config|get', '+config|set', '+xtrim');
    expect((await examined(changing)).filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  });

  it('tells each command that its user may not send, and what would mend it', async () => {
    await admin.call('ACL', 'SETUSER', 'healer', '+config|get');
    const node = `127.0.0.1:${cache.port}`;
    const finding = { area: 'redis', about: 'redis.cache', verdict: 'problem' };
    expect((await examined(changing)).filter(({ area }) => area === 'redis')).toEqual([
      {
        ...finding,
        message: `${node}: "This user has no permissions to run the 'config|set' command"; heal would send it`,
        fix: 'ACL SETUSER healer +config|set',
      },
      {
        ...finding,
        message: `${node}: "This user has no permissions to run the 'xtrim' command"; heal would send it`,
        fix: 'ACL SETUSER healer +xtrim',
      },
    ]);
    expect(await admin.config('GET', 'maxmemory')).toEqual(['maxmemory', '0']);
  });

  it('asks a rule that only plans for no more than it reads', async () => {
    const needed = await examined(changing.slice(0, 1), {}, 'plan');
    expect(needed.filter(({ area }) => area === 'redis')).toMatchObject([{ fix: 'ACL SETUSER healer +config|get' }]);
    expect((await examined(changing.slice(0, 1), {}, 'observe')).filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  });

  it('tells keys that its user may not reach', async () => {
    await admin.call('ACL', 'SETUSER', 'healer', 'resetkeys', '~other:*', '+xtrim');
    expect((await examined(changing.slice(1))).filter(({ area }) => area === 'redis')).toMatchObject([
      { verdict: 'problem', message: expect.stringContaining("no permissions to access the 'jobs' key") as string },
    ]);
  });

  it('says that it does not know where its user may not ask', async () => {
    await admin.call('ACL', 'SETUSER', 'healer', '-acl|dryrun');
    expect((await examined(changing)).filter(({ area }) => area === 'redis')).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('does not tell what its user may do') as string },
    ]);
  });

  it.each([
    ['a wrong password', () => redisTarget({ password: () => new Secret('wrong') }), [/WRONGPASS/, /username and password/]],
    ['no server', () => redisTarget({ at: { kind: 'standalone', address: '127.0.0.1:9' } }), [/ECONNREFUSED/, /see whether it runs/]],
  ] as const)('tells %s', async (_what, target, [message, fix]) => {
    const [found] = await examined([], { redisTargets: new Map([['cache', target()]]) });
    expect(found).toMatchObject({ area: 'redis', about: 'redis.cache', verdict: 'problem' });
    expect(found?.message).toMatch(message);
    expect(found !== undefined && 'fix' in found ? found.fix : '').toMatch(fix);
  });

  it('tells our own store', async () => {
    const [found] = await examined([], { redis: () => new Secret(cache.url) });
    expect(found).toMatchObject({ about: 'redis.cache', verdict: 'problem' });
    expect(found?.message).toContain('is the Redis that Fixpoint itself keeps its runs in');
  });

  it('tells one that nobody declared, unless its steps are optional', async () => {
    const look = (more = '') => `{ id: look, action: redis.info, with: { connection: elsewhere }${more} }`;
    const elsewhere = async (step: string) => (await examined([step, ...changing])).filter(({ about }) => about === 'redis.elsewhere');
    expect(await elsewhere(look())).toMatchObject([
      { verdict: 'problem', message: 'is not declared, and heal would use it', fix: 'add redis.elsewhere to fixpoint.yaml' },
    ]);
    expect(await elsewhere(look(', optional: true'))).toMatchObject([{ verdict: 'ok' }]);
  });
});

describe('what the doctor finds of a PostgreSQL that is remediated', () => {
  it('tells what its user lacks, and what would mend it', async () => {
    const finding = { area: 'postgres', about: 'postgres.shop', verdict: 'problem' };
    const found = (await examined(ending)).filter(({ area }) => area === 'postgres');
    expect(found).toEqual([
      {
        ...finding,
        message: 'its user lacks the privileges of pg_read_all_stats, which heal would need',
        fix: 'GRANT pg_read_all_stats TO healer',
      },
      {
        ...finding,
        message: 'its user lacks the privileges of pg_signal_backend, which heal would need',
        fix: 'GRANT pg_signal_backend TO healer',
      },
      {
        ...finding,
        message: 'its user lacks the right to vacuum public.orders, which heal would need',
        fix: expect.stringContaining('make healer a member of their owner') as string,
      },
    ]);
  });

  it('is well once that is mended as it says', async () => {
    for (const found of (await examined(ending.slice(0, 1))).filter(({ area }) => area === 'postgres'))
      await superuser.query('fix' in found ? found.fix : '');
    expect(await examined(ending.slice(0, 1))).toEqual([
      expect.objectContaining({ about: 'redis.cache', verdict: 'ok' }),
      { area: 'postgres', about: 'postgres.shop', verdict: 'ok', message: 'answers and lets its user do what rules do' },
    ]);
  });

  it('asks a rule that only plans for no more than it reads', async () => {
    const found = await examined(ending, {}, 'plan');
    expect(found.filter(({ area }) => area === 'postgres')).toMatchObject([{ fix: 'GRANT pg_read_all_stats TO healer' }]);
  });

  it.each([
    ['SELECT id FROM orders WHERE id = $1', /permission denied for table orders/],
    ['SELECT nothing FROM pg_roles', /column .*nothing.* does not exist/],
  ])('begins queries of rules: %s', async (sql, message) => {
    const step = `{ id: ask, action: postgres.query, with: { connection: shop, sql: '${sql}', values: ${sql.includes('$1') ? '[3]' : '[]'} } }`;
    const found = (await examined([step])).find(({ area }) => area === 'postgres');
    expect(found).toMatchObject({ verdict: 'problem' });
    expect(found?.message).toMatch(message);
  });

  it.each([
    ['a user that is not there', () => postgresTarget({ username: 'nobody' }), /role .*nobody.* does not exist/],
    ['no server', () => postgresTarget({ address: '127.0.0.1:9' }), /ECONNREFUSED/],
  ])('tells %s', async (_what, target, message) => {
    const found = (await examined([], { postgresTargets: new Map([['shop', target()]]) })).find(({ area }) => area === 'postgres');
    expect(found).toMatchObject({ about: 'postgres.shop', verdict: 'problem' });
    expect(found?.message).toMatch(message);
  });

  it('tells the one that keeps our history', async () => {
    const history = { kind: 'postgres', keep: 1, url: () => new Secret(database.url), describe: '' } as const;
    const found = (await examined([], { history })).find(({ area }) => area === 'postgres');
    expect(found).toMatchObject({ about: 'postgres.shop', verdict: 'problem' });
    expect(found?.message).toContain('is the PostgreSQL that Fixpoint itself keeps its history in');
  });
});

describe('what the doctor reckons of connections', () => {
  const workload = 'kubernetes/default/shop/deployment.apps/api';
  /** Of `max_connections` 100, 3 are for superusers; 1 is the test's own and 3 are for Fixpoint. */
  const reckoned = async (pool: Partial<PoolConfig>, { steps = [], status = 200 }: { steps?: readonly string[]; status?: number } = {}) => {
    await using cluster = await serve(({ method, url }, response) => {
      const code = status === 200 ? 404 : status;
      if (method === 'POST') sendJson(response, { status: { allowed: true } }, 201);
      else if (status === 200 && url?.endsWith('/deployments/api'))
        sendJson(response, { metadata: { name: 'api' }, spec: { replicas: 2 } });
      else sendJson(response, { kind: 'Status', code, message: 'no' }, code);
    });
    const pools = [{ workload, perReplica: 20, user: 'shop', ...pool }];
    const change: Partial<Config> = {
      clusters: new Map([['default', { kind: 'server', server: cluster.origin }]]),
      postgresTargets: new Map([['shop', postgresTarget({ pools })]]),
    };
    const found = await examined(steps, change);
    return found.filter(({ area, message }) => area === 'postgres' && !message.startsWith('answers'));
  };
  const scaling = (replicas: string) => [
    `{ id: scale, action: kubernetes.scale, with: { kind: Deployment, namespace: shop, name: api, replicas: ${replicas} } }`,
  ];

  it('holds to the last connection, and not one further', async () => {
    const message = `full pools need 97 connections of 97 (3 replicas of ${workload} at 31; 1 of others, 3 of Fixpoint)`;
    expect(await reckoned({ most: 3, perReplica: 31 })).toEqual([{ area: 'postgres', about: 'postgres.shop', verdict: 'ok', message }]);
    expect(await reckoned({ most: 2, perReplica: 47 })).toMatchObject([
      { verdict: 'problem', message: expect.stringContaining('full pools need 98 connections of 97') as string },
    ]);
  });

  it('does not count the sessions of a pool again', async () => {
    await superuser.query('CREATE ROLE shop LOGIN');
    const sessions = await Promise.all([1, 2, 3].map(async () => await sessionOf(database, { user: 'shop' })));
    try {
      expect(await reckoned({ most: 1 })).toMatchObject([{ message: expect.stringContaining('; 1 of others') as string }]);
    } finally {
      await Promise.all(sessions.map((session) => session.end()));
    }
  });

  it('takes the replicas that there are, and as many as a rule scales to', async () => {
    const full = async (steps: readonly string[] = []) => (await reckoned({}, { steps })).map(({ message }) => message);
    expect(await full()).toEqual([expect.stringContaining('need 44 connections of 97 (2 replicas')]);
    expect(await full(scaling('{ atLeast: 4 }'))).toEqual([expect.stringContaining('need 84 connections of 97 (4 replicas')]);
    expect(await full(scaling('5'))).toEqual([expect.stringContaining('need 104 connections of 97 (5 replicas')]);
    expect(await full(scaling('{ atMost: 9 }'))).toEqual([expect.stringContaining('(2 replicas')]);
  });

  it('says so where the replicas are not known', async () => {
    const fix = 'declare most: in postgres.shop.pools';
    expect(await reckoned({}, { status: 403 })).toMatchObject([{ verdict: 'warning', fix }]);
    expect(await reckoned({ most: 3 }, { status: 403 })).toMatchObject([{ verdict: 'ok' }]);
    const counted = ['{ id: count, action: prometheus.query, with: { query: up } }', ...scaling("'${int(steps.count.output.count)}'")];
    expect(await reckoned({}, { steps: counted })).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('rule heal scales it') as string, fix },
    ]);
  });
});
