import { FixpointError } from '../../errors.ts';
import type { PostgresReader } from '../../ports/postgres-target.ts';

/** What the server hides of a session from a user without the right to see it. */
const hidden = 'SELECT count(*)::int AS hidden FROM pg_stat_activity WHERE backend_type IS NULL';

/** Refuses to count sessions where some of them are hidden: nothing seen is not nothing there. */
export async function requireSight(postgres: PostgresReader, connection: string, signal: AbortSignal): Promise<void> {
  const { rows } = await postgres.read({ connection, sql: hidden, most: 1 }, signal);
  const count = Number(rows[0]?.['hidden'] ?? 0);
  if (count > 0)
    throw new FixpointError('postgres.refused', `the user of ${connection} cannot see ${count} sessions; grant it pg_read_all_stats`);
}
