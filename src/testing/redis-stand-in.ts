import { isReading } from '../adapters/redis-target/reading-commands.ts';
import { FixpointError } from '../errors.ts';
import type { RedisDeployment, RedisReader, RedisRequest, RedisWriter } from '../ports/redis-target.ts';
import type { Json } from '../value/json.ts';
import { printable } from '../value/printable.ts';
import type { RedisText } from './world-schema.ts';

const usualConfig = { 'maxmemory': '0', 'maxmemory-policy': 'noeviction', 'maxclients': '10000', 'appendonly': 'no', 'save': '' };
const usualInfo = {
  role: 'master',
  used_memory: '1048576',
  rdb_bgsave_in_progress: '0',
  rdb_last_bgsave_status: 'ok',
  redis_version: '7.4.0',
};

/** What Redis stores of a size. */
const sizes: Readonly<Record<string, number>> = {
  '': 1,
  'b': 1,
  'k': 1000,
  'kb': 1024,
  'm': 1e6,
  'mb': 1024 ** 2,
  'g': 1e9,
  'gb': 1024 ** 3,
};

interface Node {
  readonly config: Map<string, string>;
  readonly info: Map<string, string>;
  keys: number;
  savedAt: number;
}

interface Deployment {
  readonly nodes: Map<string, Node>;
  text: RedisText;
}

export interface RedisStandInParts {
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Called with each command that changes something. */
  readonly sent: (line: string) => void;
}

/** Redis deployments in memory that answer what the actions ask, and do what they order. */
export class RedisStandIn implements RedisReader {
  readonly #parts: RedisStandInParts;
  readonly #deployments = new Map<string, Deployment>();

  constructor(parts: RedisStandInParts) {
    this.#parts = parts;
  }

  /** Makes a deployment, or changes what is told of one that is there. */
  set(connection: string, text: RedisText): void {
    const known = this.#deployments.get(connection);
    const addresses = text.nodes ?? [...(known?.nodes.keys() ?? [`${connection}.test:6379`])];
    const nodes = new Map(addresses.map((address) => [address, known?.nodes.get(address) ?? this.#freshNode()]));
    for (const node of nodes.values()) {
      for (const [name, value] of Object.entries(text.config ?? {})) node.config.set(name, stored(name, String(value)));
      for (const [name, value] of Object.entries(text.info ?? {})) node.info.set(name, String(value));
      if (text.keys !== undefined) node.keys = text.keys;
    }
    this.#deployments.set(connection, { nodes, text: { ...known?.text, ...text } });
  }

  setting(connection: string, name: string): string | undefined {
    return [...(this.#deployments.get(connection)?.nodes.values() ?? [])][0]?.config.get(name);
  }

  async deployment(connection: string): Promise<RedisDeployment> {
    const { nodes } = this.#reached(connection);
    const addresses = [...nodes.keys()];
    const slots = (index: number) => [
      [Math.ceil((16_384 * index) / addresses.length), Math.ceil((16_384 * (index + 1)) / addresses.length) - 1] as const,
    ];
    const isCluster = addresses.length > 1;
    return {
      kind: isCluster ? 'cluster' : 'standalone',
      nodes: addresses.map((address, index) => ({ address, role: 'master' as const, slots: isCluster ? slots(index) : [] })),
      database: 0,
    };
  }

  async read(request: RedisRequest): Promise<Json> {
    if (!isReading(request.command))
      throw new FixpointError(
        'redis.refused',
        `${printable(request.command[0])} on ${request.connection} may change something: it is no reading command`,
      );
    return this.#answer(request);
  }

  async info({ connection, node }: Omit<RedisRequest, 'command'>): Promise<Readonly<Record<string, string>>> {
    return infoOf(this.#node(connection, node));
  }

  allowed(connection: string, [name = '', subcommand = '']: readonly string[]): { readonly converges: boolean } | undefined {
    const given = new Set([name.toUpperCase(), `${name} ${subcommand}`.toUpperCase()]);
    const found = this.#target(connection).text.commands?.find(({ command }) => given.has(command.toUpperCase()));
    return found === undefined ? undefined : { converges: found.converges ?? false };
  }

  writer(permit: (neededMs: number) => Promise<void>): RedisWriter {
    return {
      send: async (request) => {
        this.#node(request.connection, request.node);
        await permit(5000);
        this.#parts.sent(`SEND redis/${request.connection} ${request.command.join(' ')}`);
        return this.#order(request);
      },
    };
  }

  close(): void {}

  #freshNode(): Node {
    const savedAt = Math.floor(this.#parts.now() / 1000) - 3600;
    return { config: new Map(Object.entries(usualConfig)), info: new Map(Object.entries(usualInfo)), keys: 0, savedAt };
  }

  #target(connection: string): Deployment {
    const found = this.#deployments.get(connection);
    if (found !== undefined) return found;
    throw new FixpointError('target.missing', `no Redis is named ${printable(connection)} (redis: in the test)`);
  }

  #reached(connection: string): Deployment {
    const target = this.#target(connection);
    if (target.text.down === true) throw new FixpointError('redis.unavailable', `${connection} does not answer`);
    return target;
  }

  #node(connection: string, address: string): Node {
    const node = this.#reached(connection).nodes.get(address);
    if (node === undefined) throw new FixpointError('redis.refused', `${printable(address)} is no node of ${connection}`);
    return node;
  }

  #answer({ connection, node: address, command }: RedisRequest): Json {
    const node = this.#node(connection, address);
    const [name = '', argument = '', further = ''] = command;
    const seconds = Math.floor(this.#parts.now() / 1000);
    switch (name.toUpperCase()) {
      case 'CONFIG':
        return [further, node.config.get(further) ?? null];
      case 'INFO':
        return Object.entries(infoOf(node))
          .map(([field, value]) => `${field}:${value}`)
          .join('\r\n');
      case 'DBSIZE':
        return node.keys;
      case 'LASTSAVE':
        return node.savedAt;
      case 'TIME':
        return [String(seconds), '0'];
      case 'XINFO':
        return this.#groups(connection, further);
      case 'XLEN':
        return this.#stream(connection, argument).length;
      case 'CLUSTER':
        return 0;
      case 'COMMAND':
        return command.slice(3, 4);
      default: {
        const found = this.#target(connection).text.commands?.find((one) => one.command.toUpperCase() === name.toUpperCase());
        return found?.answer ?? null;
      }
    }
  }

  #stream(
    connection: string,
    stream: string,
  ): { readonly length: number; readonly groups: NonNullable<RedisText['streams']>[string]['groups'] } {
    const found = this.#target(connection).text.streams?.[stream];
    if (found === undefined) throw new FixpointError('redis.failed', `${connection}: ERR no such key`);
    const pending = Object.values(found.groups).reduce((sum, group) => sum + group.pending, 0);
    return { length: found.length ?? pending, groups: found.groups };
  }

  #groups(connection: string, stream: string): Json {
    return Object.entries(this.#stream(connection, stream).groups).map(([name, { pending, lag = 0, consumers = 1 }]) => [
      'name',
      name,
      'consumers',
      consumers,
      'pending',
      pending,
      'last-delivered-id',
      '0-1',
      'entries-read',
      1,
      'lag',
      lag,
    ]);
  }

  #order({ connection, node: address, command }: RedisRequest): Json {
    const node = this.#node(connection, address);
    const [name = '', argument = '', setting = '', value = ''] = command;
    if (/^config$/i.test(name) && /^set$/i.test(argument)) node.config.set(setting, stored(setting, value));
    else if (/^flush(?:db|all)$/i.test(name)) node.keys = 0;
    else if (/^bgsave$/i.test(name)) {
      node.savedAt = Math.floor(this.#parts.now() / 1000);
      return 'Background saving started';
    } else return this.#target(connection).text.commands?.find((one) => one.command.toUpperCase() === name.toUpperCase())?.answer ?? 'OK';
    return 'OK';
  }
}

/** What INFO says: bounds as they are set, unless a test tells otherwise. */
function infoOf({ config, info }: Node): Readonly<Record<string, string>> {
  const bounds = ['maxmemory', 'maxclients'].map((name) => [name, config.get(name) ?? '0'] as const);
  return { ...Object.fromEntries(bounds), ...Object.fromEntries(info) };
}

/** As CONFIG GET answers what was set. */
function stored(name: string, value: string): string {
  const match = name === 'maxmemory' ? /^(\d+)([a-z]*)$/i.exec(value) : null;
  return match === null ? value : String(Number(match[1]) * (sizes[(match[2] ?? '').toLowerCase()] ?? 1));
}
