import type { Duration } from '../value/duration.ts';

/** A process of ours that works with the same Redis. */
export interface Replica {
  readonly id: string;
  readonly role: 'all' | 'api' | 'worker';
  /** Hash of the rules it has loaded. */
  readonly rulebook: string;
  readonly history: 'sqlite' | 'postgres' | 'none';
  readonly host: string;
  /** What tells on its host whether it still runs. */
  readonly process: { readonly pid: number; readonly started?: string };
}

/** `until`: when it counts as gone unless it announces itself again; store time, ms. */
export type LiveReplica = Replica & { readonly until: number };

export interface Replicas {
  /** Says that this replica is there for `life` from now on, and answers all that are, by id. */
  announce(replica: Replica, life: Duration): Promise<readonly LiveReplica[]>;
  depart(id: string): Promise<void>;
}
