import type { SandboxClock } from '../clock.ts';
import type { KubernetesObject } from './object.ts';
import { numberAt, objectAt, textAt } from './plain.ts';
import { resources } from './resource.ts';
import type { Store, StoredChange } from './store.ts';
import { timestamp } from './timestamp.ts';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

const foregroundFinalizer = 'foregroundDeletion';

/** Deletes as the API server and its garbage collector do: pods after their grace period, dependents with or before their owner. */
export class Deletion {
  readonly #store: Store;
  readonly #clock: SandboxClock;

  constructor(store: Store, clock: SandboxClock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The object as it stays for now, or undefined when it is gone at once. */
  delete(
    object: KubernetesObject,
    options: { readonly propagation?: Propagation; readonly graceSeconds?: number } = {},
  ): KubernetesObject | undefined {
    if (object.kind === 'Pod') return this.#deletePod(object, options.graceSeconds);
    if (options.propagation === 'Foreground' && this.#dependents(object).length > 0) return this.#deleteForeground(object);
    if (options.propagation === 'Orphan') {
      for (const dependent of this.#dependents(object)) this.#disown(dependent, object);
    }
    this.#store.remove(object);
    return undefined;
  }

  onChange(change: StoredChange): void {
    if (change.type !== 'DELETED') return;
    for (const dependent of this.#dependents(change.object)) this.delete(dependent);
    for (const reference of change.object.metadata.ownerReferences ?? []) {
      const owner = this.#store.get(reference.kind, change.object.metadata.namespace ?? '', reference.name);
      const isWaiting = owner?.metadata.uid === reference.uid && owner.metadata.finalizers?.includes(foregroundFinalizer) === true;
      if (owner !== undefined && isWaiting && this.#dependents(owner).length === 0) this.#store.remove(owner);
    }
  }

  #deletePod(pod: KubernetesObject, given: number | undefined): KubernetesObject | undefined {
    const grace = given ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30;
    if (grace === 0 || textAt(pod, 'spec', 'nodeName') === '') {
      this.#store.remove(pod);
      return undefined;
    }
    if (pod.metadata.deletionTimestamp !== undefined) return pod;
    return this.#store.put(terminating(pod, grace, this.#clock.now()));
  }

  #deleteForeground(object: KubernetesObject): KubernetesObject {
    if (object.metadata.deletionTimestamp !== undefined) return object;
    const ending = terminating(object, 0, this.#clock.now());
    const generation = object.metadata.generation === undefined ? {} : { generation: object.metadata.generation + 1 };
    const stored = this.#store.put({
      ...ending,
      metadata: { ...ending.metadata, ...generation, finalizers: [...(object.metadata.finalizers ?? []), foregroundFinalizer] },
    });
    for (const dependent of this.#dependents(stored)) this.delete(dependent, { propagation: 'Foreground' });
    return this.#store.get(stored.kind, stored.metadata.namespace ?? '', stored.metadata.name) ?? stored;
  }

  #dependents(owner: KubernetesObject): readonly KubernetesObject[] {
    const { uid, namespace } = owner.metadata;
    if (!['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Service'].includes(owner.kind)) return [];
    return resources
      .flatMap((resource) => this.#store.list(resource.kind, namespace))
      .filter((object) => object.metadata.ownerReferences?.some((reference) => reference.uid === uid) === true);
  }

  #disown(dependent: KubernetesObject, owner: KubernetesObject): void {
    const { ownerReferences, ...metadata } = dependent.metadata;
    const left = (ownerReferences ?? []).filter((reference) => reference.uid !== owner.metadata.uid);
    this.#store.put({ ...dependent, metadata: left.length === 0 ? metadata : { ...metadata, ownerReferences: left } });
  }
}

/** The object with its end fixed; the grace period counts from now. */
export function terminating(object: KubernetesObject, graceSeconds: number, now: number): KubernetesObject {
  return {
    ...object,
    metadata: { ...object.metadata, deletionTimestamp: timestamp(now + graceSeconds * 1000), deletionGracePeriodSeconds: graceSeconds },
  };
}

/** A pod about to be evicted says so in its conditions. */
export function disrupted(pod: KubernetesObject, now: number): KubernetesObject {
  const status = objectAt(pod, 'status');
  const conditions = Array.isArray(status['conditions']) ? (status['conditions'] as readonly unknown[]) : [];
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(now),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  return { ...pod, status: { ...status, conditions: [...conditions, condition] } };
}
