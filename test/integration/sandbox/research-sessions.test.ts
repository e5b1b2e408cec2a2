import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { valueIn } from '../../support/sandbox-value.ts';
import { waitUntil } from '../../support/wait-until.ts';

const namespace = 'llm-research';

// Sessions are missed once they have been idle for half a minute, by the real clock.
describe('the database of the research lab on a real PostgreSQL', { timeout: 120_000 }, () => {
  let server: PostgresServer;
  let admin: Client;
  let sandbox: Sandbox;

  beforeAll(async () => {
    server = await startPostgres();
    admin = new Client({ connectionString: server.url });
    await admin.connect();
  });

  afterAll(async () => {
    await admin.end();
    await server.stop();
  });

  beforeEach(async () => {
    const place = { host: '127.0.0.1', port: server.port, database: 'postgres', user: 'postgres' };
    sandbox = createSandbox({
      speed: 20,
      wallNow: () => Date.now(),
      stores: { redis: new Map(), postgres: new Map([[namespace, place]]) },
    });
    await sandbox.whenRunning();
  });

  afterEach(() => sandbox.close());

  const ratio = () => valueIn(sandbox, 'llm_research:db_pool_connections:ratio');
  const held = async (): Promise<readonly { pid: number; superuser: boolean }[]> =>
    (
      await admin.query(
        `SELECT pid, (SELECT rolsuper FROM pg_roles WHERE oid = usesysid) AS superuser FROM pg_stat_activity
         WHERE application_name = 'llm-research-api' AND state = 'idle in transaction'`,
      )
    ).rows as { pid: number; superuser: boolean }[];
  const isIll = async (): Promise<void> =>
    void (await waitUntil(async () => (await ratio()) > 0.9, { timeoutMs: 60_000, describe: 'the database to be so' }));
  const update = (kind: string, name: string, change: (live: Record<string, object>) => object): void => {
    const found = sandbox.cluster.get(kind, namespace, name);
    if (found !== undefined) sandbox.cluster.update(found, (live) => ({ ...live, ...change(live as unknown as Record<string, object>) }));
  };

  it('tells how many connections there are and may be', async () => {
    await waitUntil(async () => (await valueIn(sandbox, 'llm_research:db_connections:max')) === 100, {
      timeoutMs: 60_000,
      describe: 'the database to be so',
    });
    expect(await valueIn(sandbox, 'llm_research:db_connections:used')).toBeGreaterThan(0);
    expect(await ratio()).toBeLessThan(0.9);
  });

  it('falls ill by real sessions that idle in a transaction, and recovers when they are ended', async () => {
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
    sandbox.inject(namespace, 'idle-transactions');
    await isIll();
    update('ConfigMap', 'llm-research-config', ({ data }) => ({ data: { ...data, CONNECTION_POOL_SIZE: '100' } }));
    update('Deployment', 'llm-research-api', ({ spec }) => {
      const { template } = spec as { template: { metadata: object } };
      return { spec: { ...spec, template: { ...template, metadata: { ...template.metadata, annotations: { again: 'yes' } } } } };
    });
    await waitUntil(async () => (await valueIn(sandbox, 'db_pool_connections_max')) === 100, {
      timeoutMs: 60_000,
      describe: 'the database to be so',
    });
    expect(await ratio()).toBeGreaterThan(0.9);
  });

  it('lets go of its sessions when it is healed, and when it is closed', async () => {
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
