import type { HttpWire } from '../adapters/http/http-wire.ts';
import type { ClusterLink } from '../adapters/kubernetes/connection.ts';
import type { PostgresReader, PostgresWriter } from '../ports/postgres-target.ts';
import type { RedisReader, RedisWriter } from '../ports/redis-target.ts';

type AskPermit = (neededMs: number) => Promise<void>;

/** What answers requests in this process instead of the systems around us; the adapters in front of it stay. */
export interface Wires {
  readonly http: HttpWire;
  cluster(name: string): ClusterLink;
  /** Drivers of databases have no such seam: what rules remediate is stood in for behind the ports. */
  readonly redis: RedisReader & { writer(permit: AskPermit): RedisWriter; close(): void };
  readonly postgres: PostgresReader & { writer(permit: AskPermit): PostgresWriter; close(): Promise<void> };
}
