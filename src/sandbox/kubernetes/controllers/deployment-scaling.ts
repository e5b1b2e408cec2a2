import type { KubernetesObject } from '../object.ts';
import { numberAt, textAt, valueAt } from '../plain.ts';

/** How far a rolling update may go above and below the wanted number. */
export interface RollingBounds {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Percentages round up for the surge and down for the unavailable; both zero means one unavailable. */
export function rollingBounds(deployment: KubernetesObject): RollingBounds {
  if (isRecreate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const replicas = replicasOf(deployment);
  const strategy = ['spec', 'strategy', 'rollingUpdate'] as const;
  const maxSurge = share(valueAt(deployment, ...strategy, 'maxSurge'), replicas, Math.ceil);
  const maxUnavailable = share(valueAt(deployment, ...strategy, 'maxUnavailable'), replicas, Math.floor);
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge, maxUnavailable: 1 };
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, Math.max(replicas, 0)) };
}

export function isRecreate(deployment: KubernetesObject): boolean {
  return textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate';
}

export function replicasOf(object: KubernetesObject): number {
  return numberAt(object, 'spec', 'replicas') ?? 1;
}

function share(value: unknown, whole: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const [, percent] = /^([0-9]+)%$/.exec(typeof value === 'string' ? value : '') ?? [];
  return percent === undefined ? 0 : round((Number(percent) * whole) / 100);
}

export function sumOf(sets: readonly KubernetesObject[], count: (set: KubernetesObject) => number): number {
  return sets.reduce((sum, set) => sum + count(set), 0);
}

export function availableOf(set: KubernetesObject): number {
  return numberAt(set, 'status', 'availableReplicas') ?? 0;
}

/** The next size of the new ReplicaSet. */
export function newSize(deployment: KubernetesObject, newSet: KubernetesObject | undefined, all: readonly KubernetesObject[]): number {
  const wanted = replicasOf(deployment);
  const current = newSet === undefined ? 0 : replicasOf(newSet);
  if (current >= wanted) return wanted;
  if (isRecreate(deployment)) return wanted;
  const room = wanted + rollingBounds(deployment).maxSurge - sumOf(all, replicasOf);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

/** The next sizes of the old ReplicaSets, oldest first: unavailable pods go first, then available ones as far as the bounds allow. */
export function oldSizes(deployment: KubernetesObject, newSet: KubernetesObject, old: readonly KubernetesObject[]): readonly number[] {
  const sizes = old.map(replicasOf);
  const minAvailable = replicasOf(deployment) - rollingBounds(deployment).maxUnavailable;
  const newUnavailable = replicasOf(newSet) - availableOf(newSet);
  let removable = sumOf([newSet, ...old], replicasOf) - minAvailable - newUnavailable;
  old.forEach((set, index) => {
    const unavailable = Math.max(0, replicasOf(set) - availableOf(set));
    const cut = Math.min(unavailable, Math.max(0, removable));
    sizes[index] = (sizes[index] ?? 0) - cut;
    removable -= cut;
  });
  let spare = Math.min(Math.max(0, removable), sumOf([newSet, ...old], availableOf) - minAvailable);
  old.forEach((_, index) => {
    const cut = Math.min(sizes[index] ?? 0, Math.max(0, spare));
    sizes[index] = (sizes[index] ?? 0) - cut;
    spare -= cut;
  });
  return sizes;
}
