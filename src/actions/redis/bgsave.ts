import { z } from 'zod';
import type { Json } from '../../value/json.ts';
import { defineAction } from '../action.ts';
import { numberAt } from './number-at.ts';
import { commandNeeds, mastersOf, onNode, RedisConnection, redisTarget, requireMasters } from './redis-connection.ts';

const Params = z.strictObject({ connection: RedisConnection });

type Intent = {
  readonly connection: string;
  /** Of each master, when it was last saved, in seconds. */
  readonly nodes: readonly { readonly node: string; readonly savedAt: number }[];
};

/** A snapshot of every master. One that is under way, or was made since the plan, counts as the one that was wanted. */
export const bgsave = defineAction<z.infer<typeof Params>, Intent>({
  name: 'redis.bgsave',
  summary: 'Write a snapshot of every master in the background (BGSAVE); settled when LASTSAVE has moved.',
  effect: 'converge',
  holdsRest: true,
  params: Params,
  target: redisTarget,
  permissions: () => [],
  needs: () => [
    ...commandNeeds({ isForChanging: false }, ['LASTSAVE'], ['TIME']),
    ...commandNeeds({ isForChanging: true }, ['BGSAVE', 'SCHEDULE']),
  ],
  async plan({ connection }, { redis, signal }) {
    const deployment = await redis.deployment(connection, signal);
    const nodes = await Promise.all(
      mastersOf(deployment).map(async ({ address }) => ({
        node: address,
        savedAt: await numberAt(redis, { connection, node: address, command: ['LASTSAVE'] }, signal),
      })),
    );
    return {
      intent: { connection, nodes },
      changes: nodes.map(({ node, savedAt }) => ({
        what: `snapshot${onNode(deployment, node)}`,
        from: `of ${new Date(savedAt * 1000).toISOString()}`,
        to: 'a new one',
      })),
    };
  },
  async apply({ connection, nodes }, { redis, write, clock, signal }) {
    requireMasters({ connection, masters: nodes.map(({ node }) => node) }, await redis.deployment(connection, signal));
    const begun: string[] = [];
    for (const { node, savedAt } of nodes) {
      const savedNow = await numberAt(redis, { connection, node, command: ['LASTSAVE'] }, signal);
      if (savedNow > savedAt) continue;
      const info = await redis.info({ connection, node }, signal);
      if (info['rdb_bgsave_in_progress'] === '1') {
        begun.push(node);
        continue;
      }
      // LASTSAVE counts in seconds: a snapshot made within the second of the one before could not be told from it.
      while (await isWithin(savedAt, async () => await redis.read({ connection, node, command: ['TIME'] }, signal)))
        await clock.sleep(100, signal);
      const answer = await write.redis.send({ connection, node, command: ['BGSAVE', 'SCHEDULE'] }, signal);
      // Otherwise it is scheduled, behind a rewrite of the append-only file.
      if (typeof answer === 'string' && answer.includes('started')) begun.push(node);
    }
    return { nodes: nodes.map(({ node }) => node), begun };
  },
  async settled({ connection, nodes }, { redis, signal, output }) {
    await redis.deployment(connection, signal);
    const begun = begunIn(output);
    for (const { node, savedAt } of nodes) {
      if ((await numberAt(redis, { connection, node, command: ['LASTSAVE'] }, signal)) > savedAt) continue;
      const info = await redis.info({ connection, node }, signal);
      // Of a snapshot that has not begun, this tells of the one before.
      if (begun.includes(node) && info['rdb_bgsave_in_progress'] !== '1' && info['rdb_last_bgsave_status'] === 'err')
        return { settled: 'failed', reason: `${node} could not write its snapshot` };
      return { settled: false, reason: `${node} is still writing its snapshot` };
    }
    return { settled: true };
  },
});

function begunIn(output: Json): readonly Json[] {
  const begun = typeof output === 'object' && output !== null && 'begun' in output ? output['begun'] : [];
  return Array.isArray(begun) ? begun : [];
}

async function isWithin(second: number, time: () => Promise<unknown>): Promise<boolean> {
  const now = await time();
  return Number(Array.isArray(now) ? now[0] : NaN) <= second;
}
