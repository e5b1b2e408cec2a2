import { z } from 'zod';
import { defineAction } from '../action.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { privilegesOf } from './postgres-needs.ts';

const Params = z.strictObject({ connection: PostgresConnection });

const standing = `
  SELECT pg_is_in_recovery() AS standby,
         CASE WHEN pg_is_in_recovery() THEN
           CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 END
         END AS "behindSeconds"`;

const standbys = `
  SELECT application_name AS name, host(client_addr) AS address, state, sync_state AS "syncState",
         coalesce(extract(epoch FROM replay_lag), 0)::float8 AS "lagSeconds",
         CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 END AS "lagBytes"
  FROM pg_stat_replication ORDER BY 1, 2`;

const most = 50;

/** Output: `{ standby, behindSeconds, standbys: [{ name, address, state, syncState, lagSeconds, lagBytes }] }`; null is what the server does not say. */
export const replication = defineAction<z.infer<typeof Params>, null>({
  name: 'postgres.replication',
  summary: 'Read whether the server is a standby, which standbys it has, and how far they are behind.',
  effect: 'read',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  needs: () => [privilegesOf('pg_read_all_stats', { isForChanging: false })],
  async plan({ connection }, { postgres, signal }) {
    const { rows: own } = await postgres.read({ connection, sql: standing, most: 1 }, signal);
    const { rows } = await postgres.read({ connection, sql: standbys, most }, signal);
    const output = { standby: own[0]?.['standby'] === true, behindSeconds: own[0]?.['behindSeconds'] ?? null, standbys: rows };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});
