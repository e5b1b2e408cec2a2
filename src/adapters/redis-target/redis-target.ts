import { FixpointError } from '../../errors.ts';
import type { RedisDeployment, RedisNode, RedisReader, RedisRequest, RedisWriter } from '../../ports/redis-target.ts';
import type { Json } from '../../value/json.ts';
import { printable } from '../../value/printable.ts';
import type { RedisTargetConfig } from '../../config/config.ts';
import { readInfo } from '../redis/info-text.ts';
import { NodeLink } from './node-link.ts';
import { isReading } from './reading-commands.ts';
import { clusterNodes, coversAllSlots, sentinelReplicas, splitAddress } from './topology.ts';

export interface RedisTargetsOptions {
  readonly targets: ReadonlyMap<string, RedisTargetConfig>;
  /** What `INFO` of our own store says of itself: `run_id` and `master_replid`. Rejects when that cannot be told. */
  readonly ownStore: (signal: AbortSignal) => Promise<ReadonlySet<string>>;
  /** The text of a file with authorities. */
  readonly readFile: (path: string) => string;
}

/** More nodes than this are not acted upon. */
const mostNodes = 100;

/** The declared Redis deployments, each node over one connection that is used again. */
export class RedisTargets implements RedisReader {
  readonly #options: RedisTargetsOptions;
  readonly #links = new Map<string, NodeLink>();
  /** Addresses that a deployment has told of: credentials go nowhere else. */
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(options: RedisTargetsOptions) {
    this.#options = options;
  }

  async deployment(connection: string, signal: AbortSignal): Promise<RedisDeployment> {
    const target = this.#target(connection);
    const found = await this.#nodes(connection, target, signal);
    if (found.length > mostNodes)
      throw new FixpointError('redis.refused', `${connection} has ${found.length} nodes, more than ${mostNodes}`);
    const own = await this.#options.ownStore(signal);
    const nodes = await Promise.all(found.map((node) => this.#checked({ connection, target, node, own }, signal)));
    this.#known.set(connection, new Set(nodes.map(({ address }) => address)));
    return { kind: target.at.kind, nodes, database: target.database };
  }

  async read(request: RedisRequest, signal: AbortSignal): Promise<Json> {
    if (!isReading(request.command))
      throw new FixpointError(
        'redis.refused',
        `${printable(request.command[0])} on ${request.connection} may change something: it is no reading command`,
      );
    return await this.#link(request).ask(request.command, signal);
  }

  async info(node: Omit<RedisRequest, 'command'>, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const text = await this.read({ ...node, command: ['INFO'] }, signal);
    return Object.fromEntries(readInfo(textOf(text)));
  }

  allowed(connection: string, [name = '', subcommand = '']: readonly string[]): { readonly converges: boolean } | undefined {
    const given = new Set([name.toUpperCase(), `${name} ${subcommand}`.toUpperCase()]);
    return this.#target(connection).commands.find(({ command }) => given.has(command));
  }

  /** A writer that asks `permit`, naming how long the request may take, right before it sends. */
  writer(permit: (neededMs: number) => Promise<void>): RedisWriter {
    return {
      send: async (request, signal) => {
        const link = this.#link(request);
        await permit(this.#target(request.connection).timeout);
        return await link.ask(request.command, signal);
      },
    };
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #target(connection: string): RedisTargetConfig {
    const target = this.#options.targets.get(connection);
    if (target !== undefined) return target;
    throw new FixpointError('target.missing', `no Redis is named ${printable(connection)} (redis: in fixpoint.yaml)`);
  }

  #link({ connection, node }: Omit<RedisRequest, 'command'>): NodeLink {
    const target = this.#target(connection);
    if (this.#known.get(connection)?.has(node) !== true)
      throw new FixpointError('redis.refused', `${printable(node)} is no node of ${connection}`);
    return this.#linkTo(`${connection} ${node}`, node, target);
  }

  #linkTo(key: string, address: string, { username, password, database, tls, timeout }: LinkSettings): NodeLink {
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const link = new NodeLink({
      ...splitAddress(address),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      database,
      tls: typeof tls === 'boolean' ? tls : { ca: () => this.#options.readFile(tls.ca) },
      timeoutMs: timeout,
    });
    this.#links.set(key, link);
    return link;
  }

  async #nodes(connection: string, target: RedisTargetConfig, signal: AbortSignal): Promise<readonly RedisNode[]> {
    const { at } = target;
    switch (at.kind) {
      case 'standalone':
        return [{ address: at.address, role: 'master', slots: [] }];
      case 'sentinel': {
        const { tls, timeout } = target;
        const settings = { database: 0, tls, timeout, ...(at.password === undefined ? {} : { password: at.password }) };
        return await this.#firstOf(at.addresses, connection, async (address) => {
          const sentinel = this.#linkTo(`${connection} sentinel ${address}`, address, settings);
          const master = await sentinel.ask(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', at.master], signal);
          if (!Array.isArray(master))
            throw new FixpointError('redis.failed', `${connection}: the sentinels know no master named ${at.master}`);
          const replicas = await sentinel.ask(['SENTINEL', 'REPLICAS', at.master], signal);
          return [{ address: master.join(':'), role: 'master', slots: [] } as const, ...sentinelReplicas(replicas, connection)];
        });
      }
      case 'cluster': {
        const nodes = await this.#firstOf(at.addresses, connection, async (address) =>
          clusterNodes(
            textOf(await this.#linkTo(`${connection} ${address}`, address, target).ask(['CLUSTER', 'NODES'], signal)),
            connection,
          ),
        );
        if (!coversAllSlots(nodes)) throw new FixpointError('redis.unavailable', `${connection}: some slots of the cluster have no master`);
        return nodes;
      }
    }
  }

  /** What the first of several servers says that answers. */
  async #firstOf<T>(addresses: readonly string[], connection: string, ask: (address: string) => Promise<T>): Promise<T> {
    const failures: FixpointError[] = [];
    for (const address of addresses) {
      try {
        return await ask(address);
      } catch (error) {
        if (!(error instanceof FixpointError) || !error.retryable) throw error;
        failures.push(error);
      }
    }
    throw new FixpointError('redis.unavailable', `${connection}: ${failures.map(({ message }) => message).join('; ')}`);
  }

  /** The node, found to be there, to have the role it is said to have, and to be none of our own. */
  async #checked(
    { connection, target, node, own }: { connection: string; target: RedisTargetConfig; node: RedisNode; own: ReadonlySet<string> },
    signal: AbortSignal,
  ): Promise<RedisNode> {
    const link = this.#linkTo(`${connection} ${node.address}`, node.address, target);
    const info = readInfo(textOf(await link.ask(['INFO'], signal)));
    if (['run_id', 'master_replid'].some((field) => own.has(info.get(field) ?? '')))
      throw new FixpointError(
        'redis.refused',
        `${connection} (${node.address}) is the Redis that Fixpoint itself keeps its runs in, or a copy of it`,
      );
    const role = info.get('role') === 'master' ? 'master' : 'replica';
    if (role === node.role) return node;
    if (target.at.kind === 'standalone')
      throw new FixpointError('redis.refused', `${connection} (${node.address}) is a replica; name its master, or the sentinels`);
    throw new FixpointError(
      'redis.unavailable',
      `${connection}: ${node.address} is a ${role}, not the ${node.role} it is said to be; a failover may be under way`,
    );
  }
}

interface LinkSettings extends Pick<RedisTargetConfig, 'username' | 'password' | 'database' | 'tls' | 'timeout'> {}

/** A reply that is a text; any other is none. */
function textOf(reply: Json): string {
  return typeof reply === 'string' ? reply : '';
}
