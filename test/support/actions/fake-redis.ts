import { FixpointError } from '../../../src/errors.ts';
import type { RedisDeployment, RedisReader, RedisRequest, RedisWriter } from '../../../src/ports/redis-target.ts';
import type { Json } from '../../../src/value/json.ts';
import { Mortal } from './mortal.ts';

interface FakeNode {
  readonly settings: Map<string, string>;
  savedAt: number;
  saves: number;
  keys: number;
}

const defaults = { 'maxmemory': '0', 'maxmemory-policy': 'noeviction', 'maxclients': '10000', 'appendonly': 'no', 'save': '' };

/** Nodes in memory that know the commands of the actions, as the real ones answer them. */
export class FakeRedis implements RedisReader, RedisWriter {
  readonly mortal = new Mortal();
  readonly nodes = new Map<string, FakeNode>();
  readonly sent: string[] = [];
  /** Nodes that are replicas by now. */
  readonly replicas = new Set<string>();
  /** In seconds; every snapshot takes one. */
  now = 1000;
  readonly #kind: RedisDeployment['kind'];

  constructor(addresses: readonly string[]) {
    this.#kind = addresses.length === 1 ? 'standalone' : 'cluster';
    for (const address of addresses)
      this.nodes.set(address, { settings: new Map(Object.entries(defaults)), savedAt: 900, saves: 0, keys: 5 });
  }

  deployment(): Promise<RedisDeployment> {
    const nodes = [...this.nodes.keys()].map((address) => ({
      address,
      role: this.replicas.has(address) ? ('replica' as const) : ('master' as const),
      slots: [],
    }));
    return this.mortal.request(() => ({ kind: this.#kind, nodes, database: 0 }));
  }

  read({ node: address, command }: RedisRequest): Promise<Json> {
    return this.mortal.request(() => {
      const node = this.#node(address);
      switch (command.slice(0, 2).join(' ')) {
        case `CONFIG GET`:
          return [command[2] ?? '', node.settings.get(command[2] ?? '') ?? null];
        case 'LASTSAVE':
          return node.savedAt;
        case 'TIME':
          return [String(this.now), '0'];
        case 'DBSIZE':
          return node.keys;
        default:
          throw new FixpointError('redis.refused', `no reading command: ${command.join(' ')}`);
      }
    });
  }

  info({ node }: { readonly node: string }): Promise<Readonly<Record<string, string>>> {
    return this.mortal.request(() => ({ used_memory: '1000000', rdb_bgsave_in_progress: '0', rdb_last_bgsave_status: 'ok', node }));
  }

  allowed(): { readonly converges: boolean } {
    return { converges: true };
  }

  send({ node: address, command }: RedisRequest): Promise<Json> {
    return this.mortal.request(() => {
      const node = this.#node(address);
      this.sent.push(`${address} ${command.join(' ')}`);
      const [name, , setting = '', value = ''] = command;
      if (name === 'CONFIG') node.settings.set(setting, setting === 'maxmemory' ? String(inBytes(value)) : value);
      if (name === 'FLUSHDB') node.keys = 0;
      if (name === 'BGSAVE') {
        this.now += 1;
        node.savedAt = this.now;
        node.saves += 1;
      }
      return 'OK';
    });
  }

  /** Someone else changes a setting of every node. */
  change(name: string, value: string): void {
    for (const { settings } of this.nodes.values()) settings.set(name, value);
  }

  snapshot(): string {
    return JSON.stringify([...this.nodes].map(([address, { settings }]) => [address, [...settings]]));
  }

  #node(address: string): FakeNode {
    const node = this.nodes.get(address);
    if (node === undefined) throw new FixpointError('redis.refused', `${address} is no node`);
    return node;
  }
}

/** As Redis itself reads sizes. */
function inBytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(kb|mb|gb)?$/.exec(text) ?? [];
  return Number(digits) * { '': 1, 'kb': 1024, 'mb': 1024 ** 2, 'gb': 1024 ** 3 }[unit as '' | 'kb' | 'mb' | 'gb'];
}
