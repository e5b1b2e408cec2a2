import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from 'pg';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import type { PostgresReader, PostgresWriter } from '../../../src/ports/postgres-target.ts';
import { Mortal } from '../../support/actions/mortal.ts';
import { wasKilled } from '../../support/actions/was-killed.ts';
import { applyOf, contextOf, planOf, settledOf } from '../../support/actions/world.ts';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { sessionOf, targetsOf } from './targets.ts';

let server: PostgresServer;
let admin: Client;
beforeAll(async () => {
  server = await startPostgres();
  admin = await sessionOf(server, { application: 'admin' });
  await admin.query('CREATE ROLE app LOGIN');
});
afterAll(async () => {
  await admin.end();
  await server.stop();
});

/** The real adapter, whose caller dies around one request. */
function mortalWorld() {
  const targets = targetsOf(server);
  const writer = targets.writer(() => Promise.resolve());
  const mortal = new Mortal();
  const port: PostgresReader & PostgresWriter = {
    read: (statement, signal) => mortal.request(() => targets.read(statement, signal)),
    execute: (statement, signal) => mortal.request(() => writer.execute(statement, signal)),
  };
  return { targets, mortal, context: contextOf({ postgres: port }, systemClock()) };
}

/** Both actions send three requests. */
const crashes = [1, 2, 3].flatMap((request) => [
  { request, when: 'before' as const },
  { request, when: 'after' as const },
]);

describe('killed around any request and applied again', () => {
  it.each(crashes)('the planned sessions have ended, and nobody else’s (%j)', async (crash) => {
    const { targets, mortal, context } = mortalWorld();
    const [first, second, other] = [
      await sessionOf(server, { user: 'app' }),
      await sessionOf(server, { user: 'app' }),
      await sessionOf(server, { user: 'app', application: 'other' }),
    ];
    for (const client of [first, second, other]) await client.query('BEGIN');
    const sql = 'SELECT count(*)::int AS old FROM pg_stat_activity WHERE pid = ANY($1::int[]) AND now() - state_change > $$1100 ms$$';
    const isOld = async () => (await admin.query<{ old: number }>(sql, [[first.pid, second.pid]])).rows[0]?.old === 2;
    await waitUntil(isOld, { describe: () => 'the sessions are old enough' });
    const plan = await planOf('postgres.terminateBackends', { connection: 'app', olderThan: '1s', applications: ['worker'] }, context);
    expect(plan.changes).toHaveLength(2);
    mortal.crash = { ...crash, request: mortal.requests + crash.request };
    expect(await wasKilled(applyOf('postgres.terminateBackends', plan.intent, context))).toBe(true);
    mortal.crash = undefined;
    const output = await applyOf('postgres.terminateBackends', plan.intent, context);
    await waitUntil(async () => (await settledOf('postgres.terminateBackends', { ...plan, output }, context)).settled === true, {
      describe: () => 'they have ended',
    });
    const { rows } = await admin.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE usename = 'app'");
    expect(rows).toEqual([{ pid: other.pid }]);
    for (const client of [first, second, other]) await client.end().catch(() => undefined);
    await waitUntil(async () => (await admin.query("SELECT FROM pg_stat_activity WHERE usename = 'app'")).rowCount === 0, {
      describe: () => 'all are gone',
    });
    await targets.close();
  });

  it.each(crashes)('each table has been vacuumed once (%j)', async (crash) => {
    const names = [`a_${crash.request}_${crash.when}`, `b_${crash.request}_${crash.when}`];
    for (const name of names) await admin.query(`CREATE TABLE ${name} (id int) WITH (autovacuum_enabled = false)`);
    const { targets, mortal, context } = mortalWorld();
    const { intent } = await planOf('postgres.vacuum', { connection: 'app', tables: names }, context);
    mortal.crash = { ...crash, request: mortal.requests + crash.request };
    expect(await wasKilled(applyOf('postgres.vacuum', intent, context))).toBe(true);
    mortal.crash = undefined;
    await applyOf('postgres.vacuum', intent, context);
    const { rows } = await admin.query(
      'SELECT vacuum_count::int AS vacuumed, analyze_count::int AS analyzed FROM pg_stat_user_tables WHERE relname = ANY($1)',
      [names],
    );
    expect(rows).toEqual(names.map(() => ({ vacuumed: 1, analyzed: 1 })));
    await targets.close();
  });
});
