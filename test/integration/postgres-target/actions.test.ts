import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from 'pg';
import type { PostgresTargets } from '../../../src/adapters/postgres-target/postgres-target.ts';
import { applyOf, planOf, settledOf } from '../../support/actions/world.ts';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { failureOf } from '../http/connected.ts';
import { contextOver, sessionOf, targetsOf, type TargetOptions } from './targets.ts';

let server: PostgresServer;
let admin: Client;
const open: PostgresTargets[] = [];
const sessions: Client[] = [];
const context = (options: TargetOptions = { username: 'fixer' }) => {
  const targets = targetsOf(server, options);
  open.push(targets);
  return contextOver(targets);
};
const session = async (options: Parameters<typeof sessionOf>[1] = {}) => {
  const client = await sessionOf(server, { user: 'app', ...options });
  sessions.push(client);
  return client;
};
/** A session that has been idle in a transaction for longer than a second. */
const stuck = async (options: Parameters<typeof sessionOf>[1] = {}) => {
  const client = await session(options);
  await client.query('BEGIN');
  await client.query('SELECT 1');
  return client;
};
const isAlive = async (pid: number) => (await admin.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid])).rowCount === 1;
const old = async (pids: readonly number[]) => {
  const sql = 'SELECT count(*)::int AS old FROM pg_stat_activity WHERE pid = ANY($1::int[]) AND now() - state_change > $$1100 ms$$';
  await waitUntil(async () => (await admin.query<{ old: number }>(sql, [pids])).rows[0]?.old === pids.length, {
    describe: () => 'the sessions are old enough',
  });
};

beforeAll(async () => {
  server = await startPostgres();
  admin = await sessionOf(server, { application: 'admin' });
  await admin.query(`
    CREATE ROLE app LOGIN; CREATE ROLE standby LOGIN REPLICATION; CREATE ROLE fixer LOGIN IN ROLE pg_signal_backend, pg_read_all_stats;
    CREATE TABLE events (id int) WITH (autovacuum_enabled = false); CREATE TABLE "Odd name" (id int) WITH (autovacuum_enabled = false);
    ALTER TABLE events OWNER TO fixer;
    INSERT INTO events SELECT generate_series(1, 100)`);
});
afterEach(async () => {
  await Promise.all(sessions.splice(0).map(async (client) => await client.end().catch(() => undefined)));
  await Promise.all(open.splice(0).map(async (targets) => await targets.close()));
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

const params = { connection: 'app', olderThan: '1s', applications: ['worker', 'other', 'fixpoint'] };

describe('postgres.terminateBackends', () => {
  it('ends the sessions it planned, the oldest first and no more than it may, and nobody else', async () => {
    const first = await stuck();
    const second = await stuck();
    const third = await stuck();
    const idle = await session();
    await old([first.pid, second.pid, third.pid, idle.pid]);
    const { context: given } = context();
    const plan = await planOf('postgres.terminateBackends', { ...params, most: 2 }, given);
    expect(plan.changes).toEqual(
      [first, second].map(({ pid }) => ({
        what: `session ${pid} of worker`,
        from: expect.stringMatching(/^idle in transaction since 20/) as string,
        to: 'ended',
      })),
    );
    expect(plan.notes?.join()).toContain('more sessions than these 2');
    expect((await settledOf('postgres.terminateBackends', plan, given)).settled).toBe(false);
    const output = await applyOf('postgres.terminateBackends', plan.intent, given);
    expect(output).toEqual({ ended: [first.pid, second.pid], spared: [], gone: 0 });
    await waitUntil(async () => (await settledOf('postgres.terminateBackends', { ...plan, output }, given)).settled === true, {
      describe: () => 'they have ended',
    });
    const alive: boolean[] = [];
    for (const { pid } of [first, second, third, idle]) alive.push(await isAlive(pid));
    expect(alive).toEqual([false, false, true, true]);
    expect(await applyOf('postgres.terminateBackends', plan.intent, given)).toEqual({ ended: [], spared: [], gone: 2 });
  });

  it('never plans a superuser, one who may replicate, or Fixpoint itself', async () => {
    const superuser = await stuck({ user: 'postgres' });
    const standby = await stuck({ user: 'standby' });
    const ours = await stuck({ application: 'fixpoint' });
    const fair = await stuck({ application: 'other' });
    await old([superuser, standby, ours, fair].map(({ pid }) => pid));
    const { context: given } = context({ username: 'postgres' });
    const { changes } = await planOf('postgres.terminateBackends', { ...params, states: ['idle in transaction', 'idle', 'active'] }, given);
    expect(changes.map(({ what }) => what)).toEqual([`session ${fair.pid} of other`]);
  });

  it('spares one that has worked since, and one that only has the pid of the planned', async () => {
    const busy = await stuck();
    await old([busy.pid]);
    const { context: given } = context();
    const { intent } = await planOf('postgres.terminateBackends', params, given);
    const recycled = JSON.parse(JSON.stringify(intent)) as { sessions: { startedAt: string }[] };
    for (const planned of recycled.sessions) planned.startedAt = '2020-01-01 00:00:00.000001+00';
    expect(await applyOf('postgres.terminateBackends', recycled as never, given)).toEqual({ ended: [], spared: [], gone: 1 });
    await busy.query('SELECT 2');
    expect(await failureOf(applyOf('postgres.terminateBackends', intent, given))).toMatchObject({ code: 'target.changed' });
    expect(await isAlive(busy.pid)).toBe(true);
  });

  it('looks at its own database only, unless told', async () => {
    await admin.query('CREATE DATABASE elsewhere');
    const far = await stuck({ database: 'elsewhere' });
    await old([far.pid]);
    const { context: given } = context();
    expect((await planOf('postgres.terminateBackends', params, given)).changes).toEqual([]);
    expect((await planOf('postgres.terminateBackends', { ...params, anyDatabase: true }, given)).changes).toHaveLength(1);
    expect((await planOf('postgres.terminateBackends', { ...params, users: ['somebody'], anyDatabase: true }, given)).changes).toEqual([]);
  });

  it('a user who cannot see other sessions is refused, instead of seeing none', async () => {
    await stuck();
    await admin.query('CREATE ROLE blind LOGIN');
    const { context: given } = context({ username: 'blind' });
    for (const [action, asked] of [
      ['postgres.terminateBackends', params],
      ['postgres.activity', { connection: 'app' }],
    ] as const)
      expect(await failureOf(planOf(action, asked, given))).toMatchObject({
        code: 'postgres.refused',
        message: expect.stringContaining('grant it pg_read_all_stats') as string,
      });
  });

  it('without the right to it, it is refused', async () => {
    const victim = await stuck({ user: 'fixer' });
    await old([victim.pid]);
    await admin.query('CREATE ROLE weak LOGIN IN ROLE pg_read_all_stats');
    const { context: given } = context({ username: 'weak' });
    const { intent } = await planOf('postgres.terminateBackends', params, given);
    expect(await failureOf(applyOf('postgres.terminateBackends', intent, given))).toMatchObject({ code: 'postgres.refused' });
    expect(await isAlive(victim.pid)).toBe(true);
  });
});

describe('postgres.activity', () => {
  it('counts by state and tells what has been going for long, without anybody’s data', async () => {
    const client = await session();
    await client.query('BEGIN');
    await client.query("SELECT 'geheim-7', 4711, E'it\\'s geheim-7', $$geheim-7$$ -- geheim-7");
    await old([client.pid]);
    const { context: given } = context();
    const { output } = await planOf('postgres.activity', { connection: 'app', longerThan: '1s' }, given);
    expect(output).toMatchObject({ max: 100, reserved: 3, byState: { 'idle in transaction': 1 } });
    const { longest } = output as { longest: { pid: number; query: string; seconds: number }[] };
    expect(longest.find(({ pid }) => pid === client.pid)).toMatchObject({
      query: 'SELECT ?, ?, ?, ?',
      application: 'worker',
      user: 'app',
      database: 'postgres',
    });
    expect(JSON.stringify(output)).not.toContain('geheim-7');
  });
});

describe('postgres.query', () => {
  it('gives rows', async () => {
    const { context: given } = context({ username: 'postgres' });
    const { output } = await planOf(
      'postgres.query',
      { connection: 'app', sql: 'SELECT id FROM events WHERE id > $1 ORDER BY id;', values: [97], most: 2 },
      given,
    );
    expect(output).toEqual({ rows: [{ id: 98 }, { id: 99 }], count: 2, truncated: true });
  });

  it('gives no credentials', async () => {
    const { context: given } = context({ username: 'postgres' });
    const sql = `SELECT 'geheim-7' AS api_key, 'postgres://app:geheim-7@db/x' AS address, '{"secret":"geheim-7","n":1}'::jsonb AS settings, 5 AS tokens`;
    const { output } = await planOf('postgres.query', { connection: 'app', sql }, given);
    expect(output).toMatchObject({
      rows: [{ api_key: '(hidden)', address: 'postgres://app:(hidden)@db/x', settings: { secret: '(hidden)', n: 1 }, tokens: 5 }],
    });
  });

  it('an answer that is too big is refused', async () => {
    const { context: given } = context({ username: 'postgres' });
    const huge = { connection: 'app', sql: "SELECT repeat('x', 40000) AS text" };
    expect(await failureOf(planOf('postgres.query', huge, given))).toMatchObject({ code: 'postgres.failed' });
  });
});

describe('postgres.vacuum', () => {
  const vacuumsOf = async () =>
    (
      await admin.query<{ relname: string; vacuumed: number; analyzed: number }>(
        'SELECT relname, vacuum_count::int AS vacuumed, analyze_count::int AS analyzed FROM pg_stat_user_tables ORDER BY relname',
      )
    ).rows;

  it('vacuums and analyzes each table once, however often it is applied', async () => {
    const { context: given, sent } = context();
    const plan = await planOf('postgres.vacuum', { connection: 'app', tables: ['events'] }, given);
    expect(plan.changes).toEqual([
      { what: 'table public.events', from: expect.stringContaining('never vacuumed') as string, to: 'vacuumed and analyzed' },
    ]);
    await applyOf('postgres.vacuum', plan.intent, given);
    expect(sent).toEqual(['VACUUM (ANALYZE) public.events']);
    await waitUntil(async () => (await vacuumsOf()).find(({ relname }) => relname === 'events')?.vacuumed === 1, {
      describe: () => 'the server counted it',
    });
    await applyOf('postgres.vacuum', plan.intent, given);
    expect((await vacuumsOf()).find(({ relname }) => relname === 'events')).toEqual({ relname: 'events', vacuumed: 1, analyzed: 1 });
  });

  it('takes every table with dead rows, whatever its name', async () => {
    await admin.query('INSERT INTO "Odd name" VALUES (1); DELETE FROM "Odd name"');
    // Else an idle session tells its counts only after ten seconds.
    await admin.query('SELECT pg_stat_force_next_flush()');
    const { context: given, sent } = context({ username: 'postgres' });
    const plan = async () => await planOf('postgres.vacuum', { connection: 'app', all: true, analyze: false }, given);
    await waitUntil(async () => (await plan()).changes.some(({ what }) => what === 'table public.Odd name'), {
      describe: () => 'the server counted the dead rows',
    });
    await applyOf('postgres.vacuum', (await plan()).intent, given);
    expect(sent).toContain('VACUUM public."Odd name"');
  });

  it('tables that the server passed over are told, and the others are done', async () => {
    await admin.query('CREATE TABLE theirs (id int); CREATE TABLE ours (id int); ALTER TABLE ours OWNER TO fixer');
    const { context: given } = context();
    const { intent } = await planOf('postgres.vacuum', { connection: 'app', tables: ['theirs', 'ours'] }, given);
    const error = await failureOf(applyOf('postgres.vacuum', intent, given));
    expect(error).toMatchObject({ code: 'postgres.refused', retryable: false });
    expect(error.message).toMatch(/public\.theirs\b/);
    expect(error.message).not.toContain('public.ours');
    expect((await vacuumsOf()).find(({ relname }) => relname === 'ours')).toMatchObject({ vacuumed: 1 });
  });

  it('a partitioned table is done when its partitions are', async () => {
    await admin.query(
      'CREATE TABLE parted (id int) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF parted FOR VALUES IN (1); ALTER TABLE parted OWNER TO fixer',
    );
    const { context: given } = context();
    const { intent } = await planOf('postgres.vacuum', { connection: 'app', tables: ['parted'] }, given);
    expect(await failureOf(applyOf('postgres.vacuum', intent, given))).toMatchObject({ code: 'postgres.refused' });
    await admin.query('ALTER TABLE part OWNER TO fixer');
    expect(await applyOf('postgres.vacuum', intent, given)).toEqual({ tables: ['public.parted'] });
  });

  it('a table that is not there is missing', async () => {
    const { context: given } = context();
    expect(await failureOf(planOf('postgres.vacuum', { connection: 'app', tables: ['events', 'nothing'] }, given))).toMatchObject({
      code: 'target.missing',
      message: expect.stringContaining('public.nothing') as string,
    });
  });
});

describe('postgres.replication', () => {
  it('says that a primary without standbys is one', async () => {
    const { context: given } = context();
    const { output } = await planOf('postgres.replication', { connection: 'app' }, given);
    expect(output).toEqual({ standby: false, behindSeconds: null, standbys: [] });
  });
});
