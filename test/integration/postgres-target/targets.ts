import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { PostgresTargets } from '../../../src/adapters/postgres-target/postgres-target.ts';
import type { PlanContext, WriteContext } from '../../../src/actions/action.ts';
import type { PostgresTargetConfig } from '../../../src/config/config.ts';
import type { PostgresReader, PostgresWriter } from '../../../src/ports/postgres-target.ts';
import { Secret } from '../../../src/value/secret.ts';
import { contextOf } from '../../support/actions/world.ts';

export const signal = (): AbortSignal => AbortSignal.timeout(20_000);

export interface TargetOptions extends Partial<Omit<PostgresTargetConfig, 'password'>> {
  readonly password?: string;
  readonly own?: (signal: AbortSignal) => Promise<string | undefined>;
}

/** One declared database, `app`. */
export function targetsOf({ port }: { port: number }, { own, password, ...rest }: TargetOptions = {}): PostgresTargets {
  const target = { address: `127.0.0.1:${port}`, database: 'postgres', username: 'postgres', tls: false, timeout: 3000, ...rest };
  return new PostgresTargets({
    targets: new Map([['app', { ...target, ...(password === undefined ? {} : { password: () => new Secret(password) }) }]]),
    ownServer: own ?? (() => Promise.resolve(undefined)),
    readFile: (path) => readFileSync(path, 'utf8'),
  });
}

/** What an action gets over the real adapter; every statement of the writer is permitted and kept. */
export function contextOver(targets: PostgresTargets): { context: WriteContext & PlanContext; sent: string[] } {
  const sent: string[] = [];
  const writer = targets.writer(() => Promise.resolve());
  const port: PostgresReader & PostgresWriter = {
    read: (statement, ends) => targets.read(statement, ends),
    execute(statement, ends) {
      sent.push(statement.sql);
      return writer.execute(statement, ends);
    },
  };
  return { context: contextOf({ postgres: port }, systemClock()), sent };
}

/** A session of somebody else. */
export async function sessionOf(
  { port }: { port: number },
  { user = 'postgres', application = 'worker', database = 'postgres' }: { user?: string; application?: string; database?: string } = {},
): Promise<Client & { readonly pid: number }> {
  const client = new Client({ host: '127.0.0.1', port, user, database, application_name: application });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return Object.assign(client, { pid: rows[0]?.pid ?? 0 });
}
