import { expect, it } from 'vitest';
import { startPostgres } from '../../support/postgres.ts';
import { failureOf } from '../http/connected.ts';
import { signal, targetsOf } from './targets.ts';

it('a server that falls silent costs no more than its time, and works again afterwards', async () => {
  await using server = await startPostgres();
  const targets = targetsOf(server, { timeout: 300 });
  const one = { connection: 'app', sql: 'SELECT pg_backend_pid() AS pid', most: 1 };
  const { rows } = await targets.read(one, signal());
  const pid = Number(rows[0]?.['pid']);
  process.kill(pid, 'SIGSTOP');
  server.freeze();
  expect(await failureOf(targets.read(one, signal()))).toMatchObject({ code: 'postgres.unavailable' });
  expect(await failureOf(targets.read(one, signal()))).toMatchObject({ code: 'postgres.unavailable' });
  server.thaw();
  process.kill(pid, 'SIGCONT');
  expect((await targets.read(one, signal())).rows).toHaveLength(1);
  await targets.close();
});
