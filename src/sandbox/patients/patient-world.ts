import type { SandboxClock } from '../clock.ts';
import type { Cluster } from '../kubernetes/cluster.ts';

/** A real PostgreSQL on loopback that lets the user in without a password. */
export interface PostgresPlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** The real databases there are for patients, by the names of the connections that rules use. */
export interface PatientStores {
  /** Addresses such as `redis://127.0.0.1:1234`. */
  readonly redis: ReadonlyMap<string, string>;
  readonly postgres: ReadonlyMap<string, PostgresPlace>;
}

/** What a patient lives in. */
export interface PatientWorld {
  readonly clock: SandboxClock;
  readonly cluster: Cluster;
  readonly stores: PatientStores;
}
