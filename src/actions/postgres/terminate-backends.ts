import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { PostgresReader } from '../../ports/postgres-target.ts';
import { defineAction } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { PostgresConnection, postgresTarget } from './postgres-connection.ts';
import { privilegesOf } from './postgres-needs.ts';
import { requireSight } from './require-sight.ts';

const states = ['idle in transaction', 'idle in transaction (aborted)', 'idle', 'active'] as const;

const Params = z.strictObject({
  connection: PostgresConnection,
  states: z
    .array(z.enum(states))
    .min(1)
    .default(['idle in transaction', 'idle in transaction (aborted)'])
    .describe('States of the sessions that are ended.'),
  olderThan: lengthBetween(1000, 7 * 86_400_000).describe('How long they have been in that state.'),
  applications: z.array(z.string().min(1).max(63)).min(1).max(20).optional().describe('Only sessions of these application names.'),
  users: z.array(z.string().min(1).max(63)).min(1).max(20).optional().describe('Only sessions of these users.'),
  anyDatabase: z.boolean().default(false).describe('Also sessions in other databases of the server.'),
  most: z.int().min(1).max(100).default(10).describe('How many are ended at most, the oldest first.'),
});

interface Session {
  readonly [key: string]: string | number;
  readonly pid: number;
  /** With microseconds, as the server writes it: with the pid it names a session for good. */
  readonly startedAt: string;
  readonly state: string;
  readonly since: string;
  readonly application: string;
  readonly user: string;
}

type Intent = { readonly connection: string; readonly sessions: readonly Session[] };

/** Never our own session, one of Fixpoint, of a superuser, or of one who may replicate; walsenders and the server's own are no client backends. */
const eligible = `
  backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> 'fixpoint'
  AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = usesysid AND (r.rolsuper OR r.rolreplication))
  AND NOT EXISTS (SELECT FROM pg_stat_replication AS s WHERE s.pid = a.pid)`;

const candidates = `
  SELECT pid, backend_start::text AS "startedAt", state, state_change::text AS since, application_name AS application, usename AS "user"
  FROM pg_stat_activity AS a
  WHERE ${eligible} AND state = ANY($1::text[]) AND now() - state_change > make_interval(secs => $2)
    AND ($3::text[] IS NULL OR application_name = ANY($3::text[])) AND ($4::text[] IS NULL OR usename = ANY($4::text[]))
    AND ($5::boolean OR datname = current_database())
  ORDER BY state_change, pid`;

const living = `
  SELECT pid, backend_start::text AS "startedAt", state, state_change::text AS since
  FROM pg_stat_activity AS a WHERE backend_type = 'client backend' AND pid = ANY($1::int[]) ORDER BY pid`;

/** Asks and acts in one statement, so that only the very session that was planned, still in the same state, is ended. */
const terminate = `
  SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity AS a
  WHERE ${eligible} AND pid = $1::int AND backend_start = $2::timestamptz AND state = $3::text AND state_change = $4::timestamptz`;

/** Ends the sessions that the plan names by pid and start; one that has worked since is spared. */
export const terminateBackends = defineAction<z.infer<typeof Params>, Intent>({
  name: 'postgres.terminateBackends',
  summary: 'End sessions by state, age, application and user; a bounded number of them, the oldest first.',
  effect: 'converge',
  params: Params,
  target: postgresTarget,
  permissions: () => [],
  needs: () => [privilegesOf('pg_read_all_stats', { isForChanging: false }), privilegesOf('pg_signal_backend', { isForChanging: true })],
  async plan(params, { postgres, signal }) {
    const { connection, olderThan, applications = null, users = null, anyDatabase, most } = params;
    const values = [params.states, lengthOf(olderThan) / 1000, applications, users, anyDatabase];
    await requireSight(postgres, connection, signal);
    const { rows, truncated } = await postgres.read({ connection, sql: candidates, values, most }, signal);
    const sessions = rows as readonly Session[];
    const notes = [
      ...(sessions.length === 0 ? [] : ['what a session has not committed is rolled back; it cannot be brought back']),
      ...(truncated ? [`more sessions than these ${most} are in this state; they are left alone`] : []),
    ];
    return {
      intent: { connection, sessions },
      changes: sessions.map(({ pid, application, user, state, since }) => ({
        what: `session ${pid} of ${application === '' ? user : application}`,
        from: `${state} since ${since}`,
        to: 'ended',
      })),
      ...(notes.length === 0 ? {} : { notes }),
    };
  },
  async apply({ connection, sessions }, { postgres, write, signal }) {
    const ended: number[] = [];
    const spared: number[] = [];
    for (const session of await stillThere(postgres, { connection, sessions }, signal)) {
      const { pid, startedAt, state, since } = session;
      const rows = await write.postgres.execute({ connection, sql: terminate, values: [pid, startedAt, state, since] }, signal);
      if (rows.length > 0) ended.push(pid);
      else if ((await stillThere(postgres, { connection, sessions: [session] }, signal)).length > 0) spared.push(pid);
    }
    if (ended.length === 0 && spared.length > 0)
      throw new FixpointError(
        'target.changed',
        `every session that is left (${spared.join(', ')}) has worked since it was planned to be ended`,
      );
    return { ended, spared, gone: sessions.length - ended.length - spared.length };
  },
  async settled({ connection, sessions }, { postgres, signal, output }) {
    const spared = new Set(sparedIn(output));
    const wanted = sessions.filter(({ pid }) => !spared.has(pid));
    const left = await stillThere(postgres, { connection, sessions: wanted }, signal);
    if (left.length === 0) return { settled: true };
    return { settled: false, reason: `still there: sessions ${left.map(({ pid }) => pid).join(', ')}` };
  },
});

/** Those that have not ended; a pid that another session has got by now is not one of them. */
async function stillThere(postgres: PostgresReader, { connection, sessions }: Intent, signal: AbortSignal): Promise<readonly Session[]> {
  if (sessions.length === 0) return [];
  const { rows } = await postgres.read(
    { connection, sql: living, values: [sessions.map(({ pid }) => pid)], most: sessions.length },
    signal,
  );
  const now = new Map(rows.map(({ pid, startedAt }) => [pid, startedAt]));
  return sessions.filter(({ pid, startedAt }) => now.get(pid) === startedAt);
}

function sparedIn(output: unknown): readonly unknown[] {
  return typeof output === 'object' && output !== null && 'spared' in output && Array.isArray(output.spared) ? output.spared : [];
}
