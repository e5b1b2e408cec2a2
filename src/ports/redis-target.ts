import type { Json } from '../value/json.ts';

/** One server of a Redis that is remediated. */
export interface RedisNode {
  /** `host:port`. */
  readonly address: string;
  readonly role: 'master' | 'replica';
  /** Hash slots of a cluster's master, ends included. */
  readonly slots: readonly (readonly [from: number, to: number])[];
}

/** A Redis with all of its nodes as they are now. */
export interface RedisDeployment {
  readonly kind: 'standalone' | 'sentinel' | 'cluster';
  readonly nodes: readonly RedisNode[];
  /** The database that the connection is configured for. */
  readonly database: number;
}

/** A command to one node, which `deployment` has told of. */
export interface RedisRequest {
  readonly connection: string;
  readonly node: string;
  readonly command: readonly string[];
}

/**
 * A declared Redis to remediate, `redis.<name>`; never our own store. Failures are `redis.*` errors, and `target.missing` for a name
 * that is not declared.
 */
export interface RedisReader {
  /** Asks for all nodes anew. Refused when one of them is away, or is our own store: what cannot reach every node is not begun. */
  deployment(connection: string, signal: AbortSignal): Promise<RedisDeployment>;
  /** Commands that only read; others are refused. */
  read(request: RedisRequest, signal: AbortSignal): Promise<Json>;
  /** The fields of `INFO`, all sections. */
  info(node: Omit<RedisRequest, 'command'>, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Whether the configuration lets a rule send this, and says that sending it twice is sending it once. */
  allowed(connection: string, command: readonly string[]): { readonly converges: boolean } | undefined;
}

/** Asks for permission before it sends. */
export interface RedisWriter {
  send(request: RedisRequest, signal: AbortSignal): Promise<Json>;
}
