import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { serverIdentity } from '../../../src/adapters/postgres-target/server-identity.ts';
import type { PostgresTargets } from '../../../src/adapters/postgres-target/postgres-target.ts';
import { messageOf } from '../../../src/errors.ts';
import { Secret } from '../../../src/value/secret.ts';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { failureOf } from '../http/connected.ts';
import { sessionOf, signal, targetsOf, type TargetOptions } from './targets.ts';

let server: PostgresServer;
const open: PostgresTargets[] = [];
const targets = (options?: TargetOptions) => {
  const made = targetsOf(server, options);
  open.push(made);
  return made;
};
beforeAll(async () => {
  server = await startPostgres();
  const admin = await sessionOf(server);
  await admin.query(
    'CREATE ROLE plain LOGIN; CREATE TABLE jobs (id int, name text); INSERT INTO jobs SELECT i, $$job $$ || i FROM generate_series(1, 20) AS i; GRANT ALL ON jobs TO plain',
  );
  await admin.end();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((made) => made.close()));
});
afterAll(async () => {
  await server.stop();
});

describe('reading', () => {
  it('gives bounded rows with bound values', async () => {
    const read = targets().read(
      {
        connection: 'app',
        sql: 'SELECT id, name, now() AS at, NULL AS nothing FROM jobs WHERE name LIKE $1 ORDER BY id -- all',
        values: ['job 1%'],
        most: 3,
      },
      signal(),
    );
    expect(await read).toEqual({
      rows: [1, 10, 11].map((id) => ({ id, name: `job ${id}`, at: expect.any(String) as string, nothing: null })),
      truncated: true,
    });
  });

  it.each([
    'DELETE FROM jobs',
    'SELECT 1; DELETE FROM jobs',
    'SELECT 1) AS x; DELETE FROM jobs; SELECT (1',
    'WITH gone AS (DELETE FROM jobs RETURNING id) SELECT * FROM gone',
    'SELECT 1) AS x; COMMIT; DELETE FROM jobs; --',
    'SELECT 1) AS answer; COMMIT; DELETE FROM jobs WHERE id <= 5; SELECT to_jsonb(answer) AS row FROM (SELECT 1',
    'SELECT * FROM jobs FOR UPDATE',
    "COPY jobs TO PROGRAM 'true'",
    'SELECT * INTO other FROM jobs',
  ])('%j changes nothing', async (sql) => {
    const error = await failureOf(targets().read({ connection: 'app', sql, most: 10 }, signal()));
    expect(error.code).toMatch(/^postgres\.(?:failed|refused)$/);
    const { rows } = await targets().read({ connection: 'app', sql: 'SELECT count(*)::int AS jobs FROM jobs', most: 1 }, signal());
    expect(rows).toEqual([{ jobs: 20 }]);
  });

  it("takes nothing from the driver's own variables, which may be meant for another database", async () => {
    const admin = await sessionOf(server);
    const { rows: shown } = await admin.query<{ hba_file: string }>('SHOW hba_file');
    const file = shown[0]?.hba_file ?? '';
    writeFileSync(file, `host all guarded all scram-sha-256\n${readFileSync(file, 'utf8')}`);
    await admin.query("CREATE ROLE guarded LOGIN PASSWORD 'geheim-7'; SELECT pg_reload_conf()");
    await admin.end();
    vi.stubEnv('PGSSLMODE', 'require');
    vi.stubEnv('PGPASSWORD', 'geheim-7');
    const ask = async (options: TargetOptions) =>
      await targets(options).read({ connection: 'app', sql: 'SELECT 1 AS one', most: 1 }, signal());
    try {
      // The server reads its rules again in its own time.
      await waitUntil(async () => messageOf(await ask({ username: 'guarded' }).catch((error: unknown) => error)).includes('password'), {
        describe: 'who has no password is let in',
      });
      expect((await ask({ username: 'guarded', password: 'geheim-7' })).rows).toEqual([{ one: 1 }]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('texts are read the same whatever the database prefers, so that none of them can hide what follows', async () => {
    const admin = await sessionOf(server);
    await admin.query('ALTER DATABASE postgres SET standard_conforming_strings = off');
    try {
      const { rows } = await targets().read({ connection: 'app', sql: String.raw`SELECT 'a\' AS text`, most: 1 }, signal());
      expect(rows).toEqual([{ text: 'a\\' }]);
    } finally {
      await admin.query('ALTER DATABASE postgres RESET standard_conforming_strings');
      await admin.end();
    }
  });

  it('ends when the server takes longer than it may, and at once when the caller stops', async () => {
    const slow = { connection: 'app', sql: 'SELECT pg_sleep(20)::text', most: 1, timeoutMs: 200 };
    expect(await failureOf(targets().read(slow, signal()))).toMatchObject({ code: 'postgres.unavailable', retryable: true });
    const stopped = new AbortController();
    const reason = new Error('the step is over');
    const asking = targets().read({ ...slow, timeoutMs: 5000 }, stopped.signal);
    stopped.abort(reason);
    await expect(asking).rejects.toBe(reason);
  });

  it('200 questions use a handful of connections', async () => {
    const made = targets();
    const asked = Array.from({ length: 200 }, () =>
      made.read({ connection: 'app', sql: 'SELECT pg_backend_pid() AS pid', most: 1 }, signal()),
    );
    const pids = (await Promise.all(asked)).map(({ rows }) => rows[0]?.['pid']);
    expect(new Set(pids).size).toBeLessThanOrEqual(3);
  });

  it('a connection that broke is replaced', async () => {
    const made = targets();
    const pidOf = async () =>
      (await made.read({ connection: 'app', sql: 'SELECT pg_backend_pid() AS pid', most: 1 }, signal())).rows[0]?.['pid'];
    const pid = await pidOf();
    const admin = await sessionOf(server);
    await admin.query('SELECT pg_terminate_backend($1)', [pid]);
    await admin.end();
    // The loss may be noticed by the question itself.
    const again = await pidOf().catch(pidOf);
    expect(again).not.toBe(pid);
  });
});

describe('what is refused', () => {
  it('a name that nobody declared', async () => {
    expect(await failureOf(targets().read({ connection: 'other', sql: 'SELECT 1', most: 1 }, signal()))).toMatchObject({
      code: 'target.missing',
    });
  });

  it('our own server, whoever asks', async () => {
    const own = serverIdentity(() => new Secret(server.url));
    for (const username of ['postgres', 'plain']) {
      const made = targets({ own, username });
      expect(await failureOf(made.read({ connection: 'app', sql: 'SELECT 1', most: 1 }, signal()))).toMatchObject({
        code: 'postgres.refused',
        message: expect.stringContaining('Fixpoint itself') as string,
      });
      expect(await failureOf(made.writer(() => Promise.resolve()).execute({ connection: 'app', sql: 'VACUUM' }, signal()))).toMatchObject({
        code: 'postgres.refused',
      });
    }
    const other = targets({ own: () => Promise.resolve('another server'), username: 'plain' });
    expect((await other.read({ connection: 'app', sql: 'SELECT 1 AS one', most: 1 }, signal())).rows).toEqual([{ one: 1 }]);
    await expect(
      targets({ own: () => Promise.reject(new Error('away')) }).read({ connection: 'app', sql: 'SELECT 1', most: 1 }, signal()),
    ).rejects.toMatchObject({ code: 'postgres.unavailable' });
  });

  it('anything, while nobody can tell which server is our own', async () => {
    const own = serverIdentity(() => new Secret('postgres://anna:geheim-7@127.0.0.1:1/history'));
    const error = await failureOf(targets({ own }).read({ connection: 'app', sql: 'SELECT 1', most: 1 }, signal()));
    expect(error).toMatchObject({ code: 'postgres.unavailable', retryable: true });
    expect(inspect(error, { depth: 20 })).not.toContain('geheim-7');
  });

  it('a user who does not exist, and one who may not', async () => {
    const nobody = await failureOf(
      targets({ username: 'nobody', password: 'geheim-7' }).read({ connection: 'app', sql: 'SELECT 1', most: 1 }, signal()),
    );
    expect(nobody.code).toBe('postgres.refused');
    expect(inspect(nobody, { depth: 20 })).not.toContain('geheim-7');
    const forbidden = targets({ username: 'plain' }).read({ connection: 'app', sql: 'SELECT * FROM pg_authid', most: 1 }, signal());
    expect(await failureOf(forbidden)).toMatchObject({ code: 'postgres.refused', retryable: false });
  });

  it('a server that is away is unavailable', async () => {
    const away = targetsOf({ port: 1 });
    expect(await failureOf(away.read({ connection: 'app', sql: 'SELECT 1', most: 1 }, signal()))).toMatchObject({
      code: 'postgres.unavailable',
      retryable: true,
    });
    await away.close();
  });

  it('a writer sends one statement, never several', async () => {
    const writer = targets().writer(() => Promise.resolve());
    const several = { connection: 'app', sql: 'SELECT 1; DELETE FROM jobs' };
    expect(await failureOf(writer.execute(several, signal()))).toMatchObject({ code: 'postgres.failed' });
    const { rows } = await targets().read({ connection: 'app', sql: 'SELECT count(*)::int AS jobs FROM jobs', most: 1 }, signal());
    expect(rows).toEqual([{ jobs: 20 }]);
  });

  it('a writer that is not permitted sends nothing', async () => {
    const asked: number[] = [];
    const writer = targets().writer((neededMs) => {
      asked.push(neededMs);
      return Promise.reject(new Error('paused'));
    });
    await expect(writer.execute({ connection: 'app', sql: 'DELETE FROM jobs', timeoutMs: 700 }, signal())).rejects.toMatchObject({
      message: expect.stringContaining('paused') as string,
    });
    expect(asked).toEqual([700]);
    const { rows } = await targets().read({ connection: 'app', sql: 'SELECT count(*)::int AS jobs FROM jobs', most: 1 }, signal());
    expect(rows).toEqual([{ jobs: 20 }]);
  });
});

it('an answer that is longer than one may be is given up, and the next one comes', async () => {
  const reader = targets({ timeout: 20_000 });
  const long = { connection: 'app', sql: "SELECT repeat('x', 1000000) AS text FROM generate_series(1, 40)", most: 100 };
  expect(await failureOf(reader.read(long, signal()))).toMatchObject({
    code: 'postgres.unavailable',
    message: 'app: the answer has more than 33554432 bytes',
  });
  expect((await reader.read({ connection: 'app', sql: 'SELECT 1 AS one', most: 1 }, signal())).rows).toEqual([{ one: 1 }]);
});

it('authorities that could not be read are read anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-ca-'));
  const ca = join(folder, 'ca.pem');
  const reader = targets({ tls: { ca } });
  const one = { connection: 'app', sql: 'SELECT 1 AS one', most: 1 };
  expect((await failureOf(reader.read(one, signal()))).message).toContain('ENOENT');
  writeFileSync(ca, '');
  // This server has no TLS, which is found out once the file is there.
  expect((await failureOf(reader.read(one, signal()))).message).toContain('does not support SSL');
  rmSync(folder, { recursive: true });
});
