import { z } from 'zod';
import { FixpointError, messageOf } from '../../errors.ts';
import type { Json } from '../../value/json.ts';
import { defineAction } from '../action.ts';
import { ownerOf } from './owner.ts';
import { commandNeeds, RedisConnection } from './redis-connection.ts';

const mostTold = 50;
const longestName = 100;

const Params = z.strictObject({
  connection: RedisConnection,
  stream: z.string().min(1).max(512).describe('The key of the stream.'),
  entries: z
    .int()
    .min(0)
    .max(20)
    .default(0)
    .describe('How many of the oldest entries are told (XRANGE): their ids and the names of their fields, never what these hold.'),
});

/** `lag` is null where Redis cannot tell. */
export const streamGroups = defineAction<z.infer<typeof Params>, null>({
  name: 'redis.streamGroups',
  summary: 'Read the consumer groups of a stream: what is pending and how far they lag.',
  effect: 'read',
  output: '`{ length, pending, lag, groups: [{ name, consumers, pending, lag, lastDelivered }], oldest: [{ id, fields: [name] }] }`',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  needs: ({ stream, entries }, open) => {
    if (open.has('stream')) return [];
    const range = entries > 0 ? [['XRANGE', stream, '-', '+']] : [];
    return commandNeeds({ isForChanging: false }, ['XINFO', 'GROUPS', stream], ['XLEN', stream], ...range);
  },
  async plan({ connection, stream, entries }, { redis, signal }) {
    const deployment = await redis.deployment(connection, signal);
    const { address: node } = await ownerOf(redis, { connection, deployment, keys: [stream] }, signal);
    const ask = async (...command: string[]) => {
      try {
        return await redis.read({ connection, node, command }, signal);
      } catch (error) {
        if (!/no such key|WRONGTYPE/.test(messageOf(error))) throw error;
        throw new FixpointError('target.missing', `${connection} has no stream of that name`);
      }
    };
    const groups = await ask('XINFO', 'GROUPS', stream);
    const told = (Array.isArray(groups) ? groups : []).map(groupOf);
    return {
      intent: null,
      changes: [],
      output: {
        length: await ask('XLEN', stream),
        pending: told.reduce((sum, group) => sum + group.pending, 0),
        lag: told.some(({ lag }) => lag === null) ? null : told.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
        groups: told.slice(0, mostTold),
        ...(entries === 0 ? {} : { oldest: entriesIn(await ask('XRANGE', stream, '-', '+', 'COUNT', String(entries))) }),
      },
    };
  },
  apply: () => Promise.resolve(null),
});

function groupOf(reply: Json): { name: string; consumers: number; pending: number; lag: number | null; lastDelivered: string } {
  const flat = Array.isArray(reply) ? reply : [];
  const at = (name: string) => flat[flat.indexOf(name) + 1] ?? null;
  const lag = flat.includes('lag') ? at('lag') : null;
  return {
    name: String(at('name')),
    consumers: Number(at('consumers')),
    pending: Number(at('pending')),
    lag: typeof lag === 'number' ? lag : null,
    lastDelivered: String(at('last-delivered-id')),
  };
}

/** Without values: they are other people's messages. */
function entriesIn(reply: Json): Json {
  return (Array.isArray(reply) ? reply : []).map((entry) => {
    const [id, pairs] = Array.isArray(entry) ? entry : [];
    const fields = Array.isArray(pairs) ? pairs.filter((_, index) => index % 2 === 0) : [];
    return { id: String(id), fields: fields.map((name) => String(name).slice(0, longestName)) };
  });
}
