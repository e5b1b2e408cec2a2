import type { KubernetesObject } from '../object.ts';
import { compact, listAt, numberAt, objectAt, textAt } from '../plain.ts';
import { isReady, isTerminating, ownedBy, writeStatus } from './control.ts';
import type { Control } from './control.ts';
import { storedRevision } from './controller-revision.ts';
import { createOwnedPod } from './owned-pod.ts';

const revisionLabel = 'controller-revision-hash';
const generationAnnotation = 'deprecated.daemonset.template.generation';

/** Keeps one pod of a DaemonSet on every node, and rolls them one after the other (test/fixtures/kubernetes/transcripts/05c-daemonset-restart.json). */
export function reconcileDaemonSet(control: Control, set: KubernetesObject): void {
  const annotations = { [generationAnnotation]: templateGeneration(set) };
  const revision = storedRevision(control, set, { label: revisionLabel, annotations });
  if (!isTerminating(set)) act(control, set, revision);
  tell(control, set, revision);
}

/** The node a pod of a DaemonSet is made for; undefined for all others. */
export function pinnedNode(pod: KubernetesObject): string | undefined {
  const required = objectAt(pod, 'spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  const [field] = listAt(listAt(required, 'nodeSelectorTerms')[0], 'matchFields');
  const values: unknown = field?.['values'];
  return field?.['key'] === 'metadata.name' && Array.isArray(values) && typeof values[0] === 'string' ? values[0] : undefined;
}

function podsByNode(control: Control, set: KubernetesObject): ReadonlyMap<string, KubernetesObject> {
  return new Map(ownedBy(control.store, set, 'Pod').map((pod) => [pinnedNode(pod) ?? '', pod]));
}

function act(control: Control, set: KubernetesObject, revision: string): void {
  const pods = podsByNode(control, set);
  const nodes = control.store.list('Node');
  for (const node of nodes) if (!pods.has(node.metadata.name)) createPod(control, set, { node: node.metadata.name, revision });
  for (const [node, pod] of pods) if (!nodes.some(({ metadata }) => metadata.name === node) && !isTerminating(pod)) control.remove(pod);
  if (textAt(set, 'spec', 'updateStrategy', 'type') === 'OnDelete') return;
  const most = numberAt(set, 'spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable') ?? 1;
  const unavailable = nodes.filter(({ metadata }) => !isAvailable(pods.get(metadata.name))).length;
  const old = [...pods.values()].filter((pod) => pod.metadata.labels?.[revisionLabel] !== hashOf(set, revision) && !isTerminating(pod));
  // A pod that is not ready costs nothing to replace.
  const idle = old.filter((pod) => !isReady(pod));
  const ready = old.filter(isReady).slice(0, Math.max(0, most - unavailable));
  for (const pod of [...idle, ...ready]) control.remove(pod);
}

/** A revision is named after its set and the hash of its template. */
function hashOf(set: KubernetesObject, revision: string): string {
  return revision.slice(set.metadata.name.length + 1);
}

function isAvailable(pod: KubernetesObject | undefined): boolean {
  return pod !== undefined && isReady(pod) && !isTerminating(pod);
}

function createPod(
  control: Control,
  set: KubernetesObject,
  { node, revision }: { readonly node: string; readonly revision: string },
): void {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } };
  const tolerations = ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoSchedule',
  }));
  const labels = { [revisionLabel]: hashOf(set, revision), 'pod-template-generation': templateGeneration(set) };
  createOwnedPod(control, set, { labels, spec: { tolerations, affinity: { nodeAffinity } } });
}

function templateGeneration(set: KubernetesObject): string {
  return set.metadata.annotations?.[generationAnnotation] ?? '1';
}

function tell(control: Control, set: KubernetesObject, revision: string): void {
  const hash = hashOf(set, revision);
  const pods = [...podsByNode(control, set).values()];
  const desired = control.store.list('Node').length;
  const available = pods.filter(isReady).length;
  const updated = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash).length;
  writeStatus(control, set, {
    currentNumberScheduled: pods.length,
    numberMisscheduled: 0,
    desiredNumberScheduled: desired,
    numberReady: available,
    observedGeneration: set.metadata.generation,
    ...compact({ updatedNumberScheduled: updated, numberAvailable: available, numberUnavailable: desired - available }, [
      'updatedNumberScheduled',
      'numberAvailable',
      'numberUnavailable',
    ]),
  });
}
