import { FixpointError } from '../../errors.ts';
import type { RedisDeployment, RedisNode, RedisReader } from '../../ports/redis-target.ts';
import { mastersOf } from './redis-connection.ts';

interface Keys {
  readonly connection: string;
  readonly deployment: RedisDeployment;
  readonly keys: readonly string[];
}

/** The master that holds the keys. In a cluster all of them have to be in one place. */
export async function ownerOf(redis: RedisReader, { connection, deployment, keys }: Keys, signal: AbortSignal): Promise<RedisNode> {
  const masters = mastersOf(deployment);
  const [first] = masters;
  if (first === undefined) throw new FixpointError('redis.unavailable', `${connection} has no master`);
  if (deployment.kind !== 'cluster') return first;
  const slots = await Promise.all(
    keys.map((key) => redis.read({ connection, node: first.address, command: ['CLUSTER', 'KEYSLOT', key] }, signal)),
  );
  const owners = new Set(
    slots.map((slot) => masters.find((master) => master.slots.some(([from, to]) => Number(slot) >= from && Number(slot) <= to))),
  );
  const [owner] = owners;
  if (owners.size !== 1 || owner === undefined)
    throw new FixpointError(
      'target.ambiguous',
      `the keys are on ${owners.size} nodes of the cluster ${connection}; one command reaches one node`,
    );
  return owner;
}
