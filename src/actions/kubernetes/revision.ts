import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import { contentHash, type Json, type JsonObject } from '../../value/json.ts';
import { isSame } from './field/json-patch.ts';
import { isObject, valueAt } from './field/path.ts';
import { controllerOf } from './owner.ts';
import { selectorText } from './selector-of.ts';
import { describeWorkload, workloadKinds, type Workload, type WorkloadKind } from './workload.ts';
import type { WorkloadParams } from './workload-params.ts';
import type { Permission } from '../action.ts';

/** A pod template that a workload has had: kept by Kubernetes under a name that stays, with a number that does not (fact 6). */
export interface Revision {
  /** Of its ReplicaSet or ControllerRevision. */
  readonly name: string;
  readonly number: number;
  readonly template: JsonObject;
  /** When it was first rolled out; going back to it makes it no younger. */
  readonly createdAt: string;
}

const revisionAnnotation = 'deployment.kubernetes.io/revision';

export function revisionKind(kind: WorkloadKind): 'ReplicaSet' | 'ControllerRevision' {
  return kind === 'Deployment' ? 'ReplicaSet' : 'ControllerRevision';
}

/** The revisions that are kept of a workload, the newest first. */
export async function revisionsOf(
  kubernetes: KubernetesReader,
  { workload, object, signal }: { readonly workload: Workload; readonly object: KubernetesObject; readonly signal: AbortSignal },
): Promise<readonly Revision[]> {
  const { cluster, kind, namespace } = workload;
  const labelSelector = selectorText(object, describeWorkload(workload));
  const kept = await kubernetes.list({ cluster, apiVersion: 'apps/v1', kind: revisionKind(kind), namespace, labelSelector }, signal);
  // Items of a list have no kind of their own (fact 20).
  const revisions = kept.map((each) => revisionOf({ ...each, kind: revisionKind(kind) } as KubernetesObject, object.metadata.uid));
  return revisions.filter((revision) => revision !== undefined).toSorted((a, b) => b.number - a.number);
}

/** What a ReplicaSet or ControllerRevision keeps; undefined where it is another's, or keeps no template. */
export function revisionOf(kept: KubernetesObject, owner: string): Revision | undefined {
  if (controllerOf(kept)?.uid !== owner) return undefined;
  const isSet = kept.kind === 'ReplicaSet';
  // The data of a ControllerRevision is a strategic patch that replaces the template (test/fixtures/kubernetes/transcripts/05).
  const template = bareTemplate(valueAt(kept, isSet ? ['spec', 'template'] : ['data', 'spec', 'template']));
  const number = Number(isSet ? (kept.metadata.annotations?.[revisionAnnotation] ?? 0) : (kept['revision'] ?? 0));
  return isObject(template) && number > 0
    ? { name: kept.metadata.name, number, template, createdAt: (kept.metadata['creationTimestamp'] as string | undefined) ?? '' }
    : undefined;
}

/** A template as its maker wrote it: without the hash of its ReplicaSet, the mark of the patch it is kept as, and nulls, which say nothing. */
export function bareTemplate(stored: Json): Json {
  const template = withoutNulls(stored);
  if (!isObject(template)) return template;
  const { $patch: _replace, ...rest } = template;
  const labels = valueAt(rest, ['metadata', 'labels']);
  if (!isObject(labels)) return rest;
  const { 'pod-template-hash': _hash, ...own } = labels;
  return { ...rest, metadata: { ...(rest['metadata'] as JsonObject), labels: own } };
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutNulls);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}

/** The revision of the present template; undefined where the controller has not made it yet. */
export function presentRevision(object: KubernetesObject, revisions: readonly Revision[]): Revision | undefined {
  const template = bareTemplate(valueAt(object, ['spec', 'template']));
  return revisions.find((revision) => isSame(revision.template, template));
}

/** The hash of the template that the last roll-back of ours left, on the workload: it is renumbered to be the one before (fact 6), and is bad. */
export const leftAnnotation = 'fixpoint.dev/rolled-back-from';

interface Wanted {
  readonly object: KubernetesObject;
  readonly present: Revision;
  readonly wanted: number | string | undefined;
  readonly what: string;
}

/** The named revision, by number or by name, or the one before the present one; never by itself the one that a roll-back has left. */
export function wantedRevision(revisions: readonly Revision[], { object, present, wanted, what }: Wanted): Revision {
  if (wanted === undefined) return revisionBefore(revisions, { object, present, what });
  const found = revisions.find(({ name, number }) => (typeof wanted === 'number' ? number === wanted : name === wanted));
  if (found !== undefined) return found;
  const kept = revisions.map(({ name, number }) => `${number} (${name})`).join(', ');
  throw new FixpointError('target.missing', `${what} has no revision ${wanted}; kept are ${kept}`);
}

function revisionBefore(revisions: readonly Revision[], { object, present, what }: Omit<Wanted, 'wanted'>): Revision {
  const { observedGeneration } = (object['status'] ?? {}) as { observedGeneration?: number };
  if (observedGeneration !== undefined && observedGeneration < (object.metadata.generation ?? 0))
    throw new FixpointError(
      'target.ambiguous',
      `${what}: its controller has not seen its last change, so which revision was before is not known`,
    );
  const before = revisions.find(({ number }) => number < present.number);
  if (before === undefined) throw new FixpointError('target.missing', `${what} has no revision before the present one (${present.name})`);
  if (contentHash(before.template) === object.metadata.annotations?.[leftAnnotation])
    throw new FixpointError(
      'target.ambiguous',
      `${what}: the revision before the present one (${before.name}) is the one that a roll-back has left; name the revision to go to`,
    );
  return before;
}

/** Rights that finding the revisions of a workload needs. */
export function revisionPermissions({ cluster, namespace, kind, name }: WorkloadParams): readonly Permission[] {
  const kinds = kind === undefined ? (name === undefined ? workloadKinds : (['Deployment'] as const)) : [kind];
  const rights = (apiGroup: string, resource: string, verbs: readonly string[]) => ({ cluster, namespace, apiGroup, resource, verbs });
  return [
    ...(kinds.includes('Deployment') ? [rights('apps', 'replicasets', ['get', 'list'])] : []),
    ...(kinds.some((each) => each !== 'Deployment') ? [rights('apps', 'controllerrevisions', ['get', 'list'])] : []),
    ...(kinds.includes('StatefulSet' as never) ? [rights('', 'pods', ['list'])] : []),
  ];
}
