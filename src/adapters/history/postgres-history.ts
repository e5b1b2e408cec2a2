import { Kysely, PostgresDialect, sql } from 'kysely';
import type { PoolConfig } from 'pg';
import type { History } from '../../ports/history.ts';
import type { Log } from '../../ports/log.ts';
import { sqlHistory } from './sql-history.ts';
import type { HistoryTables } from './tables.ts';

/** Of the advisory lock that migrations hold; any number that nobody else takes. */
const migrationLock = 708_115_201;

const limits: PoolConfig = {
  max: 4,
  connectionTimeoutMillis: 2000,
  // The server's word comes first, ours is for a server that has gone without one.
  statement_timeout: 5000,
  query_timeout: 6000,
  idle_in_transaction_session_timeout: 10_000,
  keepAlive: true,
  application_name: 'fixpoint',
};

/** History in PostgreSQL, for any number of processes. `url` may hold a password; nothing shows it. */
export function postgresHistory({ url, describe, log }: { url: string; describe: string; log: Log }): History {
  const db = new Kysely<HistoryTables>({
    dialect: new PostgresDialect({
      pool: async () => {
        // Loaded when it is wanted: most have their history in a file.
        const { Pool, types } = (await import('pg')).default;
        // `bigint` as a number: times in ms are far from where it is inexact.
        const getTypeParser: typeof types.getTypeParser = (id, format) =>
          id === types.builtins.INT8 ? Number : (types.getTypeParser(id, format) as unknown);
        const pool = new Pool({ connectionString: url, types: { getTypeParser }, ...limits });
        // A connection that breaks, idle or between two statements, would otherwise end the process.
        const note = (error: Error) => log.debug({ err: error }, 'a connection to the history database broke');
        pool.on('error', note);
        pool.on('connect', (client) => client.on('error', note));
        return pool;
      },
    }),
  });
  return sqlHistory(
    db,
    {
      kind: 'postgres',
      bytewise: 'text collate "C"',
      lock: async (transaction) => void (await sql`select pg_advisory_xact_lock(${migrationLock})`.execute(transaction)),
    },
    describe,
  );
}
