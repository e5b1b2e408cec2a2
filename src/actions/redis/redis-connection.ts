import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { RedisDeployment, RedisNode } from '../../ports/redis-target.ts';
import { isDnsLabel } from '../../value/name.ts';
import type { Target } from '../../value/target.ts';
import type { DatabaseNeed } from '../action.ts';
import { naming } from '../parameter-use.ts';

export const RedisConnection = naming(
  'redis',
  z
    .string()
    .refine(isDnsLabel, 'must be the name of a Redis under `redis:` in fixpoint.yaml')
    .describe('A Redis of `redis:` in fixpoint.yaml.'),
);

export function redisTarget({ connection }: { readonly connection: string }): Target {
  return { technology: 'redis', name: connection };
}

/** Commands that a step has to be allowed to send. */
export function commandNeeds(
  { isForChanging }: Pick<DatabaseNeed, 'isForChanging'>,
  ...commands: readonly (readonly string[])[]
): readonly DatabaseNeed[] {
  return commands.map((command) => ({ technology: 'redis', command, isForChanging }));
}

export function mastersOf({ nodes }: RedisDeployment): readonly RedisNode[] {
  return nodes.filter(({ role }) => role === 'master');
}

/** Behind the name of what changes, where there are several nodes: ` on 10.0.0.1:6379`. */
export function onNode({ kind }: Pick<RedisDeployment, 'kind'>, address: string): string {
  return kind === 'standalone' ? '' : ` on ${address}`;
}

/** What was planned for one database is not done to another that the configuration has named since. */
export function requireSameDatabase(
  { connection, database }: { readonly connection: string; readonly database: number },
  deployment: Pick<RedisDeployment, 'database'>,
): void {
  if (deployment.database === database) return;
  throw new FixpointError(
    'target.changed',
    `redis.${connection} has database ${deployment.database} now, and was planned for database ${database}`,
  );
}

/** What was planned for masters is not done where one of them is a replica by now, or gone. */
export function requireMasters(
  { connection, masters }: { readonly connection: string; readonly masters: readonly string[] },
  deployment: RedisDeployment,
): void {
  const now = new Set(mastersOf(deployment).map(({ address }) => address));
  const gone = masters.find((master) => !now.has(master));
  if (gone !== undefined) throw new FixpointError('target.changed', `${gone} is no master of ${connection} any more`);
}
