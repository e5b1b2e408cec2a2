import { z } from 'zod';
import { defineAction } from '../action.ts';
import { onEachOnce } from './each-node.ts';
import { numberAt } from './number-at.ts';
import { commandNeeds, mastersOf, onNode, RedisConnection, redisTarget, requireMasters, requireSameDatabase } from './redis-connection.ts';

const Params = z.strictObject({
  connection: RedisConnection.describe('A Redis of `redis:` in fixpoint.yaml; its `database` is emptied, and no other.'),
});

type Intent = { readonly connection: string; readonly masters: readonly string[]; readonly database: number };

/** Empties one database on every master. Keys written since would be lost by doing it again, so it is done once. */
export const flush = defineAction<z.infer<typeof Params>, Intent>({
  name: 'redis.flush',
  summary: 'Remove every key of a database (FLUSHDB) from every master; asks a person unless limits in fixpoint.yaml say otherwise.',
  effect: 'once',
  most: 'approve',
  params: Params,
  target: redisTarget,
  permissions: () => [],
  needs: () => [...commandNeeds({ isForChanging: false }, ['DBSIZE']), ...commandNeeds({ isForChanging: true }, ['FLUSHDB', 'ASYNC'])],
  async plan({ connection }, { redis, signal }) {
    const deployment = await redis.deployment(connection, signal);
    const masters = await Promise.all(
      mastersOf(deployment).map(async ({ address }) => ({
        address,
        keys: await numberAt(redis, { connection, node: address, command: ['DBSIZE'] }, signal),
      })),
    );
    const full = masters.filter(({ keys }) => keys > 0);
    const { database } = deployment;
    return {
      intent: { connection, masters: full.map(({ address }) => address), database },
      changes: full.map(({ address, keys }) => ({ what: `keys of database ${database}${onNode(deployment, address)}`, from: keys, to: 0 })),
      ...(full.length === 0 ? {} : { notes: ['what is removed cannot be brought back'] }),
    };
  },
  async apply({ connection, masters, database }, { redis, write, signal }) {
    const deployment = await redis.deployment(connection, signal);
    requireSameDatabase({ connection, database }, deployment);
    requireMasters({ connection, masters }, deployment);
    await onEachOnce(masters, async (node) => {
      await write.redis.send({ connection, node, command: ['FLUSHDB', 'ASYNC'] }, signal);
    });
    return { database, masters };
  },
});
