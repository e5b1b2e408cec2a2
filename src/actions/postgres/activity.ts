import { z } from 'zod';
import { defineAction } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { privilegesOf } from './postgres-needs.ts';
import { requireSight } from './require-sight.ts';
import { textAt } from './text-at.ts';
import { withoutLiterals } from './without-literals.ts';

const longestQuery = 200;

const Params = z.strictObject({
  connection: PostgresConnection,
  longerThan: lengthBetween(0, 86_400_000)
    .default('5m')
    .describe('Statements and transactions that have been going for longer are told one by one.'),
  most: z.int().min(1).max(50).default(10).describe('How many of them are told, the oldest first.'),
});

const counts = `
  SELECT coalesce(state, 'unknown') AS state, count(*)::int AS sessions
  FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1 ORDER BY 1`;

const bounds = `
  SELECT current_setting('max_connections')::int AS max,
         current_setting('superuser_reserved_connections')::int AS reserved,
         (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used`;

const longest = `
  SELECT pid, state, usename AS "user", datname AS database, application_name AS application, wait_event_type AS "waitsFor",
         round(extract(epoch FROM now() - coalesce(xact_start, query_start)))::int AS seconds, left(query, 2000) AS query
  FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
    AND now() - coalesce(xact_start, query_start) > make_interval(secs => $1)
  ORDER BY coalesce(xact_start, query_start), pid`;

/** Output: `{ used, max, reserved, byState: { active: … }, longest: [{ pid, state, seconds, query, … }] }`; queries have no literals. */
export const activity = defineAction<z.infer<typeof Params>, null>({
  name: 'postgres.activity',
  summary: 'Read how many connections there are by state, of how many, and what has been running for long.',
  effect: 'read',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  needs: () => [privilegesOf('pg_read_all_stats', { isForChanging: false })],
  async plan({ connection, longerThan, most }, { postgres, signal }) {
    const ask = async (sql: string, limit: number, values: readonly number[] = []) =>
      (await postgres.read({ connection, sql, values, most: limit }, signal)).rows;
    await requireSight(postgres, connection, signal);
    const [limits] = await ask(bounds, 1);
    const states = await ask(counts, 20);
    const long = await ask(longest, most, [lengthOf(longerThan) / 1000]);
    const output = {
      used: Number(limits?.['used'] ?? 0),
      max: Number(limits?.['max'] ?? 0),
      reserved: Number(limits?.['reserved'] ?? 0),
      byState: Object.fromEntries(states.map((row) => [textAt(row, 'state'), Number(row['sessions'])])),
      longest: long.map((session) => ({ ...session, query: withoutLiterals(textAt(session, 'query')).slice(0, longestQuery) })),
    };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});
