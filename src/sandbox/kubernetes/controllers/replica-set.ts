import type { KubernetesObject } from '../object.ts';
import { compact, listAt, numberAt, objectAt, textAt, valueAt } from '../plain.ts';
import { StatusError } from '../status-error.ts';
import { timestamp } from '../timestamp.ts';
import { isActive, isReady, ownedBy, writeStatus } from './control.ts';
import type { Control } from './control.ts';
import { createOwnedPod } from './owned-pod.ts';

/** Between tries to make a pod that admission refuses. */
const retryMs = 5_000;

/** Keeps a ReplicaSet's pods at the wanted number: missing ones are created, superfluous ones deleted, unready and young ones first. */
export function reconcileReplicaSet(control: Control, replicaSet: KubernetesObject): void {
  const pods = ownedBy(control.store, replicaSet, 'Pod').filter(isActive);
  const isGoing = replicaSet.metadata.deletionTimestamp !== undefined;
  const wanted = numberAt(replicaSet, 'spec', 'replicas') ?? 1;
  writeStatus(control, replicaSet, statusOf(replicaSet, pods));
  if (isGoing) return;
  createMissing(control, replicaSet, wanted - pods.length);
  for (const pod of victims(control, pods, pods.length - wanted)) {
    control.remove(pod);
    control.recordEvent(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
  }
}

/** What admission refuses is told in a condition and tried again. */
function createMissing(control: Control, replicaSet: KubernetesObject, missing: number): void {
  try {
    for (let count = missing; count > 0; count -= 1) createOwnedPod(control, replicaSet);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { message } = error;
    control.recordEvent(replicaSet, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${message}` });
    const now = timestamp(control.clock.now());
    const condition = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: now, reason: 'FailedCreate', message };
    const present = control.store.get('ReplicaSet', replicaSet.metadata.namespace ?? '', replicaSet.metadata.name) ?? replicaSet;
    if (failureOf(present) === undefined) writeStatus(control, present, { ...objectAt(present, 'status'), conditions: [condition] });
    control.requeue(replicaSet, retryMs);
  }
}

/** Why pods of a ReplicaSet are missing. */
export function failureOf(replicaSet: KubernetesObject): string | undefined {
  const failure = listAt(replicaSet, 'status', 'conditions').find(({ type }) => type === 'ReplicaFailure');
  return failure === undefined ? undefined : textAt(failure, 'message');
}

function statusOf(replicaSet: KubernetesObject, pods: readonly KubernetesObject[]): ReturnType<typeof compact> {
  const isShort = pods.length < (numberAt(replicaSet, 'spec', 'replicas') ?? 1);
  const conditions = isShort ? valueAt(replicaSet, 'status', 'conditions') : undefined;
  const ready = pods.filter(isReady).length;
  return {
    replicas: pods.length,
    ...compact({ fullyLabeledReplicas: pods.length, readyReplicas: ready, availableReplicas: ready }, [
      'fullyLabeledReplicas',
      'readyReplicas',
      'availableReplicas',
    ]),
    observedGeneration: replicaSet.metadata.generation ?? 1,
    ...(conditions === undefined ? {} : { conditions }),
  };
}

function victims(control: Control, pods: readonly KubernetesObject[], count: number): readonly KubernetesObject[] {
  if (count <= 0) return [];
  const createdAt = (pod: KubernetesObject): number => control.store.createdAtMs(pod.metadata.uid ?? '') ?? 0;
  return pods.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)) || createdAt(b) - createdAt(a)).slice(0, count);
}
