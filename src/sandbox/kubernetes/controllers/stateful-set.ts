import type { KubernetesObject } from '../object.ts';
import { compact, numberAt, objectAt, textAt, textsAt, valueAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { isReady, isTerminating, ownedBy, ownerReference, writeStatus } from './control.ts';
import type { Control } from './control.ts';
import { storedRevision } from './controller-revision.ts';

const revisionLabel = 'controller-revision-hash';

interface Revisions {
  /** The revision the pods are leaving. */
  readonly current: string;
  /** That of the present template. */
  readonly update: string;
}

/**
 * Keeps the ordinals of a StatefulSet: one after the other upwards, updates one at a time downwards, and never past a pod
 * that is not ready (so that a broken pod survives a roll-back: test/fixtures/kubernetes/transcripts/05b-statefulset-stuck-rollback.json).
 */
export function reconcileStatefulSet(control: Control, set: KubernetesObject): void {
  const revisions = revisionsOf(control, set);
  if (!isTerminating(set)) act(control, set, revisions);
  tell(control, set, revisions);
}

function podsOf(control: Control, set: KubernetesObject): ReadonlyMap<number, KubernetesObject> {
  const entries = ownedBy(control.store, set, 'Pod').map(
    (pod) => [Number(pod.metadata.name.slice(set.metadata.name.length + 1)), pod] as const,
  );
  return new Map(entries.filter(([ordinal]) => Number.isInteger(ordinal)));
}

function act(control: Control, set: KubernetesObject, revisions: Revisions): void {
  const pods = podsOf(control, set);
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1;
  const isParallel = textAt(set, 'spec', 'podManagementPolicy') === 'Parallel';
  for (let ordinal = 0; ordinal < wanted; ordinal += 1) {
    const pod = pods.get(ordinal);
    if (pod === undefined) createPod(control, set, { ordinal, revisions });
    if (!isParallel && (pod === undefined || isTerminating(pod) || !isReady(pod))) return;
  }
  const superfluous = [...pods.entries()].filter(([ordinal]) => ordinal >= wanted).toSorted(([a], [b]) => b - a);
  for (const [, pod] of superfluous) {
    if (!isTerminating(pod)) removePod(control, set, pod);
    if (!isParallel) return;
  }
  rollOne(control, set, { pods, wanted, revisions });
}

function rollOne(
  control: Control,
  set: KubernetesObject,
  roll: { readonly pods: ReadonlyMap<number, KubernetesObject>; readonly wanted: number; readonly revisions: Revisions },
): void {
  if (textAt(set, 'spec', 'updateStrategy', 'type') === 'OnDelete') return;
  for (let ordinal = roll.wanted - 1; ordinal >= partitionOf(set); ordinal -= 1) {
    const pod = roll.pods.get(ordinal);
    if (pod === undefined || isTerminating(pod)) return;
    if (pod.metadata.labels?.[revisionLabel] !== roll.revisions.update) {
      removePod(control, set, pod);
      return;
    }
    if (!isReady(pod)) return;
  }
}

function partitionOf(set: KubernetesObject): number {
  return numberAt(set, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
}

function removePod(control: Control, set: KubernetesObject, pod: KubernetesObject): void {
  control.remove(pod);
  const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  control.recordEvent(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
}

function createPod(control: Control, set: KubernetesObject, pod: { readonly ordinal: number; readonly revisions: Revisions }): void {
  const isOld = textAt(set, 'spec', 'updateStrategy', 'type') === 'RollingUpdate' && pod.ordinal < partitionOf(set);
  const revision = isOld ? pod.revisions.current : pod.revisions.update;
  const template = isOld ? storedTemplate(control, set, revision) : objectAt(set, 'spec', 'template');
  const name = `${set.metadata.name}-${pod.ordinal}`;
  const annotations = textsAt(template, 'metadata', 'annotations');
  const labels = {
    ...textsAt(template, 'metadata', 'labels'),
    'apps.kubernetes.io/pod-index': String(pod.ordinal),
    [revisionLabel]: revision,
    'statefulset.kubernetes.io/pod-name': name,
  };
  control.writes.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace ?? '',
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [ownerReference(set)],
    },
    spec: { ...objectAt(template, 'spec'), hostname: name, ...compact({ subdomain: textAt(set, 'spec', 'serviceName') || undefined }) },
  });
  control.recordEvent(set, {
    type: 'Normal',
    reason: 'SuccessfulCreate',
    message: `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
  });
}

function storedTemplate(control: Control, set: KubernetesObject, revision: string): PlainObject {
  const stored = control.store.get('ControllerRevision', set.metadata.namespace ?? '', revision);
  const { $patch: _, ...template } = objectAt(stored, 'data', 'spec', 'template');
  return stored === undefined ? objectAt(set, 'spec', 'template') : template;
}

function revisionsOf(control: Control, set: KubernetesObject): Revisions {
  const update = storedRevision(control, set, { label: 'controller.kubernetes.io/hash' });
  return { current: textAt(set, 'status', 'currentRevision') || update, update };
}

function tell(control: Control, set: KubernetesObject, revisions: Revisions): void {
  const pods = [...podsOf(control, set).values()];
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1;
  const ready = pods.filter(isReady).length;
  const of = (revision: string): number =>
    pods.filter((pod) => !isTerminating(pod) && pod.metadata.labels?.[revisionLabel] === revision).length;
  const updated = of(revisions.update);
  const isRolled = updated === wanted && ready === wanted && pods.length === wanted && partitionOf(set) === 0;
  const current = isRolled ? revisions.update : revisions.current;
  const counts = compact({ readyReplicas: ready, currentReplicas: of(current), updatedReplicas: updated }, [
    'readyReplicas',
    'currentReplicas',
    'updatedReplicas',
  ]);
  writeStatus(control, set, {
    observedGeneration: valueAt(set, 'metadata', 'generation'),
    replicas: pods.length,
    ...counts,
    currentRevision: current,
    updateRevision: revisions.update,
    collisionCount: 0,
    availableReplicas: ready,
  });
}
