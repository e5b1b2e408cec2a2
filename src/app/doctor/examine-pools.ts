import { mostConnections } from '../../adapters/postgres-target/postgres-target.ts';
import type { AnyAction } from '../../actions/action.ts';
import type { Config, PoolConfig } from '../../config/config.ts';
import type { KubernetesReader } from '../../ports/kubernetes.ts';
import type { PostgresReader } from '../../ports/postgres-target.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import type { Mode } from '../../rule/mode.ts';
import { formatTarget } from '../../value/target.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';
import { known } from './known.ts';
import { probedCalls } from './probed-calls.ts';
import { refOf } from './ref-of.ts';

export interface PostgresQuestion {
  readonly rules: readonly CompiledRule[];
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly limit?: Mode;
  readonly config: Pick<Config, 'postgresTargets'>;
  readonly postgres: PostgresReader;
  readonly kubernetes: KubernetesReader;
  readonly signal: AbortSignal;
}

/** Ours apart, for those are counted at their most. What a session is is hidden from some users; one of a client has a user and a database. */
const bounds = `
  SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) AS room,
         (SELECT count(*)::int FROM pg_stat_activity
          WHERE datname IS NOT NULL AND usename <> ALL($1::text[]) AND coalesce(backend_type, 'client backend') = 'client backend'
            AND application_name <> 'fixpoint') AS others`;

/** Whether max_connections holds when every declared pool is full, also after the rules have scaled what keeps them. */
export async function examinePools(
  connection: string,
  pools: readonly PoolConfig[],
  question: PostgresQuestion,
): Promise<readonly Finding[]> {
  const { postgres, signal } = question;
  const finding = { area: 'postgres', about: `postgres.${connection}` } as const;
  const users = [...new Set(pools.map(({ user }) => user))];
  const told = await ask((asked) => postgres.read({ connection, sql: bounds, values: [users], most: 1 }, asked), signal);
  if ('code' in told)
    return [{ ...finding, verdict: 'problem', message: told.message, fix: 'see whether its user may read pg_stat_activity' }];
  const sizes = await Promise.all(pools.map(async (pool) => ({ pool, ...(await replicasOf(pool, question)) })));
  const findings = sizes.flatMap(({ pool, problem }): readonly Finding[] =>
    problem === undefined
      ? []
      : [
          {
            ...finding,
            verdict: 'warning',
            message: `how many replicas ${pool.workload} may have is not known: ${problem}`,
            fix: `declare most: in postgres.${connection}.pools`,
          },
        ],
  );
  const room = Number(told.answer.rows[0]?.['room']);
  const others = Number(told.answer.rows[0]?.['others']);
  const wanted = sizes.reduce((sum, { pool, replicas }) => sum + pool.perReplica * replicas, 0);
  const terms = sizes.map(({ pool, replicas }) => `${replicas} replicas of ${pool.workload} at ${pool.perReplica}`).join(', ');
  const sum = `${wanted + others + mostConnections} connections of ${room} (${terms}; ${others} of others, ${mostConnections} of Fixpoint)`;
  if (wanted + others + mostConnections <= room)
    return findings.length > 0 ? findings : [{ ...finding, verdict: 'ok', message: `full pools need ${sum}` }];
  return [
    ...findings,
    {
      ...finding,
      verdict: 'problem',
      message: `full pools need ${sum}: the last of them will be refused`,
      fix: `raise max_connections, put a pooler between, or have fewer replicas or smaller pools (postgres.${connection}.pools)`,
    },
  ];
}

/** The most there may be: as declared, or as there are, and never fewer than a rule scales to. */
async function replicasOf(
  { workload, most }: PoolConfig,
  { kubernetes, rules, actions, signal }: PostgresQuestion,
): Promise<{ readonly replicas: number; readonly problem?: string }> {
  const scaled = probedCalls(rules, actions).filter(({ call }) => call.action.name === 'kubernetes.scale' && targetText(call) === workload);
  const counts = scaled.flatMap(({ call }) => (call.open.has('replicas') ? [] : countsIn(call.params['replicas'])));
  if (most !== undefined) return { replicas: Math.max(most, ...counts) };
  const ref = refOf(workload);
  const answered = ref === undefined ? undefined : await ask((asked) => kubernetes.get(ref, asked), signal);
  if (answered === undefined || 'code' in answered)
    return { replicas: Math.max(0, ...counts), problem: answered?.message ?? 'it is of no kind that is known' };
  const spec = answered.answer['spec'] as { readonly replicas?: number } | undefined;
  const replicas = Math.max(spec?.replicas ?? 1, ...counts);
  const open = scaled.find(({ call }) => call.open.has('replicas'));
  return open === undefined ? { replicas } : { replicas, problem: `rule ${open.rule.name} scales it to what it reads then` };
}

function targetText({ action, params }: ReturnType<typeof probedCalls>[number]['call']): string | undefined {
  const target = known(() => action.target(params as never));
  return target === undefined ? undefined : formatTarget(target);
}

/** What `kubernetes.scale` may scale up to: a count, or a bound from below. */
function countsIn(replicas: unknown): readonly number[] {
  if (typeof replicas === 'number') return [replicas];
  if (typeof replicas !== 'object' || replicas === null) return [];
  return ['atLeast', 'exactly', 'floor'].flatMap((bound) => {
    const count = (replicas as Readonly<Record<string, unknown>>)[bound];
    return typeof count === 'number' ? [count] : [];
  });
}
