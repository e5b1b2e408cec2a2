import type { SandboxClock } from '../clock.ts';
import type { KubernetesObject } from './object.ts';

/** Reads of the simulated cluster; kinds in singular camel case (`Deployment`), cluster-scoped kinds under namespace `''`. */
export interface ClusterView {
  get(kind: string, namespace: string, name: string): KubernetesObject | undefined;
  /** In order of namespace and name; without a namespace of all of them; `labels` must all be equal. */
  list(kind: string, namespace?: string, labels?: Readonly<Record<string, string>>): readonly KubernetesObject[];
}

export interface ClusterChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | undefined;
}

/** What becomes of a pod once it has started: served, never ready, crashing, or its image cannot be pulled. */
export type PodOutcome = 'ready' | 'unready' | 'crash' | 'image-missing';

export interface ClusterOptions {
  readonly clock: SandboxClock;
  /** The source of uids, so that a seeded sandbox repeats itself. */
  readonly ids: () => string;
  /** From creation to Ready in the clock's ms; 3000 by default. */
  readonly podStartMs?: number;
  /** Admission for writes over the API: a text refuses it with 403. */
  readonly admit?: (write: { readonly operation: 'create' | 'update' | 'delete'; readonly object: KubernetesObject }) => string | undefined;
  /** By default images with `bad` or `missing` in their name cannot be pulled and all others become ready. */
  readonly podOutcome?: (pod: KubernetesObject) => PodOutcome;
  /** The text that the log endpoint answers for a container. */
  readonly podLog?: (pod: KubernetesObject, container: string) => string;
}

export interface Cluster extends ClusterView {
  readonly clock: SandboxClock;
  /** Seeds an object as the API would create it, its namespace included. */
  create(object: KubernetesObject): KubernetesObject;
  /** Replaces an object by what `change` makes of it; generation and resourceVersion follow as over the API. */
  update(object: KubernetesObject, change: (object: KubernetesObject) => KubernetesObject): KubernetesObject;
  /** Deletes as over the API: pods terminate first, dependents go with their owner. */
  delete(object: KubernetesObject): void;
  /** Exact, where `creationTimestamp` has whole seconds only. */
  createdAtMs(object: KubernetesObject): number | undefined;
  /** Overrides a running pod's readiness until the pod is replaced. */
  setPodReady(namespace: string, name: string, isReady: boolean): void;
  /** Records an Event about an object, counting repeats. */
  recordEvent(about: KubernetesObject, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }): void;
  /** Called after each change of an object, in order; returns how to stop. */
  onChange(listener: (change: ClusterChange) => void): () => void;
  /** Stops the controllers and ends open watches. */
  close(): void;
}

/** A cluster with running controllers and the namespaces `default` and `kube-system`. */
export declare function createCluster(options: ClusterOptions): Cluster;
