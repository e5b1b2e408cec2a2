import { FixpointError } from '../../errors.ts';
import type { RedisNode } from '../../ports/redis-target.ts';
import type { Json } from '../../value/json.ts';

/** The nodes that `CLUSTER NODES` tells of; throws `redis.unavailable` where one of them is not well. */
export function clusterNodes(text: string, connection: string): readonly RedisNode[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      // <id> <ip:port@bus[,hostname]> <flags> <master> <ping> <pong> <epoch> <link> <slot>…
      const [, place = '', flags = '', , , , , , ...ranges] = line.trim().split(' ');
      const address = place.split('@', 1)[0] ?? '';
      const bad = flags.split(',').find((flag) => ['fail', 'fail?', 'handshake', 'noaddr'].includes(flag));
      if (bad !== undefined || address.startsWith(':'))
        throw new FixpointError(
          'redis.unavailable',
          `${connection}: node ${address} of the cluster is not well (${flags}), and every node is needed`,
        );
      const role = flags.split(',').includes('master') ? 'master' : 'replica';
      return { address, role, slots: ranges.filter((range) => !range.startsWith('[')).map(rangeOf) };
    });
}

function rangeOf(text: string): readonly [number, number] {
  const [from = NaN, to = from] = text.split('-').map(Number);
  return [from, to];
}

/** Whether every slot has a master; without that some keys cannot be reached. */
export function coversAllSlots(nodes: readonly RedisNode[]): boolean {
  const covered = nodes.flatMap(({ slots }) => slots).reduce((sum, [from, to]) => sum + to - from + 1, 0);
  return covered === 16_384;
}

/** The replicas that `SENTINEL REPLICAS` tells of; throws `redis.unavailable` where one of them is not well. */
export function sentinelReplicas(reply: Json, connection: string): readonly RedisNode[] {
  const replicas = Array.isArray(reply) ? reply : [];
  return replicas.map((replica) => {
    const fields = fieldsOf(replica);
    const address = `${fields.get('ip') ?? ''}:${fields.get('port') ?? ''}`;
    const flags = fields.get('flags') ?? '';
    if (/s_down|o_down|disconnected/.test(flags))
      throw new FixpointError('redis.unavailable', `${connection}: replica ${address} is not well (${flags}), and every node is needed`);
    return { address, role: 'replica', slots: [] };
  });
}

/** A reply of names and values in turn. */
function fieldsOf(reply: Json): ReadonlyMap<string, string> {
  const flat = Array.isArray(reply) ? reply.map(String) : [];
  return new Map(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : [])));
}

/** Host and port; an IPv6 host may stand with or without brackets. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
