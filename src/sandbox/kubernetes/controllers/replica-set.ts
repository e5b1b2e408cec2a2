import type { KubernetesObject } from '../object.ts';
import { compact, numberAt, objectAt, textsAt } from '../plain.ts';
import { isActive, isReady, ownedBy, ownerReference, writeStatus } from './control.ts';
import type { Control } from './control.ts';

/** Keeps a ReplicaSet's pods at the wanted number: missing ones are created, superfluous ones deleted, unready and young ones first. */
export function reconcileReplicaSet(control: Control, replicaSet: KubernetesObject): void {
  const pods = ownedBy(control.store, replicaSet, 'Pod').filter(isActive);
  const isGoing = replicaSet.metadata.deletionTimestamp !== undefined;
  const wanted = numberAt(replicaSet, 'spec', 'replicas') ?? 1;
  writeStatus(control, replicaSet, statusOf(replicaSet, pods));
  if (isGoing) return;
  for (let missing = wanted - pods.length; missing > 0; missing -= 1) createPod(control, replicaSet);
  for (const pod of victims(control, pods, pods.length - wanted)) {
    control.remove(pod);
    control.recordEvent(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
  }
}

function statusOf(replicaSet: KubernetesObject, pods: readonly KubernetesObject[]): ReturnType<typeof compact> {
  const ready = pods.filter(isReady).length;
  return {
    replicas: pods.length,
    ...compact({ fullyLabeledReplicas: pods.length, readyReplicas: ready, availableReplicas: ready }, [
      'fullyLabeledReplicas',
      'readyReplicas',
      'availableReplicas',
    ]),
    observedGeneration: replicaSet.metadata.generation ?? 1,
  };
}

function createPod(control: Control, replicaSet: KubernetesObject): void {
  const template = objectAt(replicaSet, 'spec', 'template');
  const annotations = textsAt(template, 'metadata', 'annotations');
  const pod = control.writes.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${replicaSet.metadata.name}-`,
      namespace: replicaSet.metadata.namespace ?? '',
      labels: textsAt(template, 'metadata', 'labels'),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [ownerReference(replicaSet)],
    },
    spec: objectAt(template, 'spec'),
  });
  control.recordEvent(replicaSet, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
}

function victims(control: Control, pods: readonly KubernetesObject[], count: number): readonly KubernetesObject[] {
  if (count <= 0) return [];
  const createdAt = (pod: KubernetesObject): number => control.store.createdAtMs(pod.metadata.uid ?? '') ?? 0;
  return pods.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)) || createdAt(b) - createdAt(a)).slice(0, count);
}
