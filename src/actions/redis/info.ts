import { z } from 'zod';
import type { Json } from '../../value/json.ts';
import { defineAction } from '../action.ts';
import { RedisConnection } from './redis-connection.ts';

const usual = [
  'used_memory',
  'maxmemory',
  'maxmemory_policy',
  'mem_fragmentation_ratio',
  'evicted_keys',
  'connected_clients',
  'blocked_clients',
  'maxclients',
  'rejected_connections',
  'connected_slaves',
  'master_link_status',
  'rdb_last_bgsave_status',
  'aof_enabled',
  'instantaneous_ops_per_sec',
  'uptime_in_seconds',
  'redis_version',
];

const longestText = 200;

const Params = z.strictObject({
  connection: RedisConnection,
  fields: z
    .array(z.string().regex(/^[a-z][a-z0-9_:.-]{0,60}$/i, 'must be the name of a field of INFO'))
    .min(1)
    .max(60)
    .default(usual)
    .describe('Fields of INFO; those that a node does not have are left out.'),
});

/** Output: `{ kind, masters, replicas, nodes: [{ node, role, <field>: … }] }`, numbers as numbers. */
export const info = defineAction<z.infer<typeof Params>, null>({
  name: 'redis.info',
  summary: 'Read fields of INFO from every node of a Redis.',
  effect: 'read',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  async plan({ connection, fields }, { redis, signal }) {
    const { kind, nodes } = await redis.deployment(connection, signal);
    const told = await Promise.all(
      nodes.map(async ({ address, role }) => ({
        node: address,
        role,
        ...chosen(await redis.info({ connection, node: address }, signal), fields),
      })),
    );
    const masters = nodes.filter(({ role }) => role === 'master').length;
    return { intent: null, changes: [], output: { kind, masters, replicas: nodes.length - masters, nodes: told } };
  },
  apply: () => Promise.resolve(null),
});

function chosen(all: Readonly<Record<string, string>>, fields: readonly string[]): Record<string, Json> {
  return Object.fromEntries(
    fields.flatMap((name) => {
      const text = Object.hasOwn(all, name) ? all[name] : undefined;
      if (text === undefined || name === 'node' || name === 'role') return [];
      return [[name, /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text.slice(0, longestText)] as const];
    }),
  );
}
