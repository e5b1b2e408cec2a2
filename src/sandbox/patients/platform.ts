import type { KubernetesObject } from '../kubernetes/object.ts';

/** A simulated platform as it is before anything happens to it. */
export interface Platform {
  /** The value of the label `platform` on its alerts and series. */
  readonly name: string;
  /** The first is where its series and alerts are unless they say otherwise. */
  readonly namespaces: readonly [string, ...string[]];
  /** What its namespaces hold at the start, in the order of creation. */
  readonly objects: readonly KubernetesObject[];
  /** Its HTTP services, by the names of the connections that rules use. */
  readonly services: readonly string[];
  /** What a connection to one of these services has besides its address: headers, and the Service whose pods may be called one by one. */
  readonly connections?: Readonly<Record<string, { readonly headers?: Readonly<Record<string, string>>; readonly endpoints?: string }>>;
  /** Where a Prometheus finds the metrics of a service, and what namespace they are of, where not at `/metrics` and of the first. */
  readonly scrapes?: Readonly<Record<string, { readonly path?: string; readonly namespace?: string }>>;
  /** The databases it lives on where there are real ones, by the names of the connections that rules use. */
  readonly stores: { readonly redis: readonly string[]; readonly postgres: readonly string[] };
  /** Commands that rules may run in its pods, by the names that rules use. */
  readonly commands?: Readonly<Record<string, readonly string[]>>;
}
