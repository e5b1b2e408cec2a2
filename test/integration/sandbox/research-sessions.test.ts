import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../../src/sandbox/sandbox.ts';
import { startPostgres } from '../../support/postgres.ts';
import { valueIn } from '../../support/sandbox-value.ts';
import { waitUntil } from '../../support/wait-until.ts';

const namespace = 'llm-research';

/** A research lab whose database is a PostgreSQL of its own. */
async function openLab() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startPostgres());
  const admin = new Client({ connectionString: server.url });
  await admin.connect();
  stack.defer(() => admin.end());
  const place = { host: '127.0.0.1', port: server.port, database: 'postgres', user: 'postgres' };
  const sandbox = createSandbox({
    speed: 20,
    wallNow: () => Date.now(),
    stores: { redis: new Map(), postgres: new Map([[namespace, place]]) },
  });
  stack.defer(() => sandbox.close());
  await sandbox.whenRunning();

  const value = (series: string) => valueIn(sandbox, series);
  const ratio = () => value('llm_research:db_pool_connections:ratio');
  const open = stack.move();
  return {
    admin,
    sandbox,
    value,
    ratio,
    held: async (): Promise<readonly { pid: number; superuser: boolean }[]> =>
      (
        await admin.query(
          `SELECT pid, (SELECT rolsuper FROM pg_roles WHERE oid = usesysid) AS superuser FROM pg_stat_activity
         WHERE application_name = 'llm-research-api' AND state = 'idle in transaction'`,
        )
      ).rows as { pid: number; superuser: boolean }[],
    isIll: async (): Promise<void> =>
      void (await waitUntil(async () => (await ratio()) > 0.9, { timeoutMs: 60_000, describe: 'the database to be so' })),
    update(kind: string, name: string, change: (live: Record<string, object>) => object): void {
      const found = sandbox.cluster.get(kind, namespace, name);
      if (found !== undefined) sandbox.cluster.update(found, (live) => ({ ...live, ...change(live as unknown as Record<string, object>) }));
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

// Sessions are missed once they have been idle for half a minute, by the real clock: all wait for that at the same time.
describe('the database of the research lab on a real PostgreSQL', { timeout: 120_000, concurrent: true }, () => {
  it('tells how many connections there are and may be', async () => {
    await using lab = await openLab();
    const { value, ratio } = lab;
    await waitUntil(async () => (await value('llm_research:db_connections:max')) === 100, {
      timeoutMs: 60_000,
      describe: 'the database to be so',
    });
    expect(await value('llm_research:db_connections:used')).toBeGreaterThan(0);
    expect(await ratio()).toBeLessThan(0.9);
  });

  it('falls ill by real sessions that idle in a transaction, and recovers when they are ended', async () => {
    await using lab = await openLab();
    const { admin, sandbox, ratio, held, isIll } = lab;
    expect(sandbox.inject(namespace, 'idle-transactions')).toBe(true);
    await isIll();
    const sessions = await held();
    expect(sessions).toHaveLength(8);
    expect(sessions.some(({ superuser }) => superuser)).toBe(false);
    // Half of them is not enough for a full recovery, and the pool says so.
    await admin.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [sessions.slice(0, 4).map(({ pid }) => pid)]);
    await waitUntil(async () => (await ratio()) === 0.8, { timeoutMs: 60_000, describe: 'the database to be so' });
    await admin.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [sessions.slice(4).map(({ pid }) => pid)]);
    await waitUntil(async () => (await ratio()) === 0.6, { timeoutMs: 60_000, describe: 'the database to be so' });
  });

  it('is not cured by a larger pool and a restart', async () => {
    await using lab = await openLab();
    const { sandbox, value, ratio, isIll, update } = lab;
    sandbox.inject(namespace, 'idle-transactions');
    await isIll();
    update('ConfigMap', 'llm-research-config', ({ data }) => ({ data: { ...data, CONNECTION_POOL_SIZE: '100' } }));
    update('Deployment', 'llm-research-api', ({ spec }) => {
      const { template } = spec as { template: { metadata: object } };
      return { spec: { ...spec, template: { ...template, metadata: { ...template.metadata, annotations: { again: 'yes' } } } } };
    });
    await waitUntil(async () => (await value('db_pool_connections_max')) === 100, { timeoutMs: 60_000, describe: 'the database to be so' });
    expect(await ratio()).toBeGreaterThan(0.9);
  });

  it('lets go of its sessions when it is healed, and when it is closed', async () => {
    await using lab = await openLab();
    const { sandbox, held } = lab;
    const areHeld = async (count: number): Promise<void> =>
      void (await waitUntil(async () => (await held()).length === count, { timeoutMs: 60_000, describe: `${count} sessions` }));
    sandbox.inject(namespace, 'idle-transactions');
    await areHeld(8);
    sandbox.heal(namespace);
    await areHeld(0);
    sandbox.inject(namespace, 'idle-transactions');
    await areHeld(8);
    await sandbox.close();
    await areHeld(0);
  });
});
