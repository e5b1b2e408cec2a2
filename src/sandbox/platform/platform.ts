import type { KubernetesObject } from '../kubernetes/object.ts';

/** A simulated platform as it is before anything happens to it. */
export interface Platform {
  /** The value of the label `platform` on its alerts and series. */
  readonly name: string;
  readonly namespace: string;
  /** What its namespace holds at the start, in the order of creation. */
  readonly objects: readonly KubernetesObject[];
}
