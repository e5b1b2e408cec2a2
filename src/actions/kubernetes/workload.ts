import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import type { Target } from '../../value/target.ts';
import type { Permission } from '../action.ts';

export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/** A controller of pods in the group `apps`. */
export type Workload<K extends WorkloadKind = WorkloadKind> = {
  readonly cluster: string;
  readonly kind: K;
  readonly namespace: string;
  readonly name: string;
};

export function workloadRef({ cluster, kind, namespace, name }: Workload) {
  return { cluster, apiVersion: 'apps/v1', kind, namespace, name };
}

export function workloadTarget({ cluster, kind, namespace, name }: Workload): Target {
  return { technology: 'kubernetes', cluster, namespace, kind: `${kind.toLowerCase()}.apps`, name };
}

export function describeWorkload({ kind, namespace, name }: Workload): string {
  return `${kind} ${namespace}/${name}`;
}

export function describeObject({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** Refuses an object that is another one under the same name, or is on its way out. */
export function requireSame(object: KubernetesObject, uid: string, what: string): void {
  const { uid: live } = object.metadata;
  if (live !== uid)
    throw new FixpointError(
      'target.changed',
      `${what} is another object by now (uid ${live}, not ${uid}): it was deleted and made anew since it was planned`,
    );
  if (object.metadata['deletionTimestamp'] !== undefined) throw new FixpointError('target.changed', `${what} is being deleted`);
}

/** Why a new pod template would be stored and no pod replaced. */
export function obstacleToRollout(object: KubernetesObject): string | undefined {
  const spec = (object['spec'] ?? {}) as { paused?: boolean; updateStrategy?: { type?: string } };
  if (spec.paused === true) return 'is paused: a change of its pods would wait until someone resumes it';
  if (spec.updateStrategy?.type === 'OnDelete') return 'has the update strategy OnDelete: its pods change only when someone deletes them';
  return undefined;
}

export function permissionOf(
  { cluster, kind, namespace, name }: { cluster: string; kind: WorkloadKind; namespace: string; name?: string },
  verbs: readonly string[],
  subresource?: string,
): Permission {
  const resource = `${kind.toLowerCase()}s${subresource === undefined ? '' : `/${subresource}`}`;
  return { cluster, namespace, apiGroup: 'apps', resource, verbs, ...(name === undefined ? {} : { name }) };
}
