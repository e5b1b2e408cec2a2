import { z } from 'zod';
import { FixpointError, messageOf } from '../../errors.ts';
import type { RedisDeployment, RedisReader } from '../../ports/redis-target.ts';
import { printable } from '../../value/printable.ts';
import { defineAction } from '../action.ts';
import { placedChanges } from '../placed-changes.ts';
import { commandNeeds, onNode, RedisConnection, redisTarget } from './redis-connection.ts';
import { bytesOf, settingNames, Settings, settingText } from './setting.ts';

const Params = z.strictObject({
  connection: RedisConnection,
  set: Settings.describe('Settings and their values, on every node, replicas included.'),
});

interface NodeChange {
  readonly node: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

type Intent = {
  readonly connection: string;
  readonly nodes: readonly string[];
  readonly changes: readonly (NodeChange & { readonly [key: string]: string })[];
};

/** Settings of a running Redis, each set only where it still is what it was planned from. */
export const config = defineAction<z.infer<typeof Params>, Intent>({
  name: 'redis.config',
  summary: 'Set parameters of a running Redis (CONFIG SET) on every node.',
  effect: 'converge',
  params: Params,
  target: redisTarget,
  permissions: () => [],
  needs({ set }) {
    const names = settingNames.filter((name) => set[name] !== undefined);
    return [
      ...commandNeeds({ isForChanging: false }, ...names.map((name) => ['CONFIG', 'GET', name])),
      ...commandNeeds({ isForChanging: true }, ...names.map((name) => ['CONFIG', 'SET', name, ''])),
    ];
  },
  async plan({ connection, set }, { redis, signal }) {
    const deployment = await redis.deployment(connection, signal);
    const wanted = settingNames.flatMap((name) => (set[name] === undefined ? [] : [{ name, to: settingText(name, set[name]) }]));
    const settings = await Promise.all(
      deployment.nodes.flatMap(({ address }) =>
        wanted.map(async ({ name, to }) => ({
          node: address,
          name,
          from: await settingAt(redis, { connection, node: address, name }, signal),
          to,
        })),
      ),
    );
    const changes = settings.filter(({ from, to }) => from !== to);
    const intent: Intent = { connection, nodes: addressesOf(deployment), changes };
    if (changes.length === 0) return { intent, changes: [] };
    const before = restorable(settings, changes);
    const told = placedChanges(
      changes.map(({ node, name, from, to }) => ({ what: name, from, to, ...(deployment.kind === 'standalone' ? {} : { place: node }) })),
      (node) => onNode(deployment, node),
    );
    const notes = [
      ...told.notes,
      'it lasts until the server starts anew, unless its own configuration says the same',
      ...(await memoryNotes(redis, { connection, changes }, signal)),
      ...(before === undefined ? ['there is no way back by itself: the nodes differ now, or have a value that cannot be set'] : []),
    ];
    return {
      intent,
      changes: told.changes,
      notes,
      ...(before === undefined ? {} : { inverse: { action: 'redis.config', with: { connection, set: before } } }),
    };
  },
  async apply({ connection, nodes, changes }, { redis, write, signal }) {
    const deployment = await redis.deployment(connection, signal);
    requireSameNodes({ connection, nodes }, deployment);
    const open = await openChanges(redis, { connection, changes }, signal);
    const done: string[] = [];
    for (const { node, name, to } of open) {
      try {
        await write.redis.send({ connection, node, command: ['CONFIG', 'SET', name, to] }, signal);
        done.push(`${name} on ${node}`);
      } catch (error) {
        throw untilThere(error, { name, node, done });
      }
    }
    return { set: changes.map(({ node, name, to }) => ({ node, name, to })) };
  },
  async settled({ connection, changes }, { redis, signal }) {
    await redis.deployment(connection, signal);
    for (const { node, name, to } of changes) {
      const now = await settingAt(redis, { connection, node, name }, signal);
      if (now !== to) return { settled: 'failed', reason: `${name} on ${node} is ${printable(now)} again` };
      if (name !== 'appendonly' || to === 'no') continue;
      const info = await redis.info({ connection, node }, signal);
      if (info['aof_rewrite_in_progress'] === '1' || info['aof_rewrite_scheduled'] === '1')
        return { settled: false, reason: `${node} is still writing its append-only file` };
      if (info['aof_last_bgrewrite_status'] === 'err') return { settled: 'failed', reason: `${node} could not write its append-only file` };
    }
    return { settled: true };
  },
});

interface Place {
  readonly connection: string;
  readonly node: string;
  readonly name: string;
}

async function settingAt(redis: RedisReader, { connection, node, name }: Place, signal: AbortSignal): Promise<string> {
  const reply = await redis.read({ connection, node, command: ['CONFIG', 'GET', name] }, signal);
  const value = Array.isArray(reply) ? reply[1] : undefined;
  if (typeof value !== 'string') throw new FixpointError('redis.failed', `${node} of ${connection} has no setting ${name}`);
  return settingText(name, value);
}

function addressesOf({ nodes }: RedisDeployment): readonly string[] {
  return nodes.map(({ address }) => address).toSorted();
}

/** What every node had, if that can be set again by one call. */
function restorable(settings: readonly NodeChange[], changes: readonly NodeChange[]): Record<string, string | number> | undefined {
  const before: Record<string, string | number> = {};
  for (const name of new Set(changes.map((change) => change.name))) {
    const values = new Set(settings.filter((setting) => setting.name === name).map(({ from }) => from));
    const [value] = values;
    if (values.size !== 1 || value === undefined) return undefined;
    before[name] = name === 'maxclients' ? Number(value) : value;
  }
  return Settings.safeParse(before).success ? before : undefined;
}

/** What a lower bound means for what is stored. */
async function memoryNotes(
  redis: RedisReader,
  { connection, changes }: Pick<Intent, 'connection' | 'changes'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { node, name, to } of changes) {
    if (name !== 'maxmemory') continue;
    const used = Number((await redis.info({ connection, node }, signal))['used_memory'] ?? 0);
    const bound = bytesOf(to) ?? 0;
    if (bound > 0 && bound < used)
      notes.push(`${node} uses ${used} bytes now, more than ${to}: it will evict keys or refuse writes at once`);
  }
  return notes;
}

function requireSameNodes({ connection, nodes }: Pick<Intent, 'connection' | 'nodes'>, deployment: RedisDeployment): void {
  const now = addressesOf(deployment);
  if (now.join(' ') === nodes.join(' ')) return;
  throw new FixpointError('target.changed', `${connection} has the nodes ${now.join(', ')} now, and was planned with ${nodes.join(', ')}`);
}

/** What is still to be set; a value that is neither is someone else's. All nodes are looked at before any is changed. */
async function openChanges(
  redis: RedisReader,
  { connection, changes }: Pick<Intent, 'connection' | 'changes'>,
  signal: AbortSignal,
): Promise<readonly NodeChange[]> {
  const looked = await Promise.all(
    changes.map(async (change) => ({ change, now: await settingAt(redis, { connection, ...change }, signal) })),
  );
  const foreign = looked.find(({ change, now }) => now !== change.from && now !== change.to);
  if (foreign !== undefined) {
    const { node, name, from, to } = foreign.change;
    throw new FixpointError(
      'target.changed',
      `${name} on ${node} is ${printable(foreign.now)}, neither the ${printable(from)} it was planned from nor ${printable(to)}`,
    );
  }
  return looked.filter(({ change, now }) => now !== change.to).map(({ change }) => change);
}

/** The failure with what has been done until it, so that nobody takes half for all. */
function untilThere(error: unknown, { name, node, done }: { name: string; node: string; done: readonly string[] }): unknown {
  if (!(error instanceof FixpointError) || done.length === 0) return error;
  return new FixpointError(error.code, `set: ${done.join(', ')}; not ${name} on ${node}: ${messageOf(error)}`, { details: error.details });
}
