import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import type { Target } from '../../value/target.ts';
import type { Permission } from '../action.ts';

export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/** A controller of pods in the group `apps`. */
export interface Workload {
  readonly cluster: string;
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

export function workloadRef({ cluster, kind, namespace, name }: Workload): ObjectRef {
  return { cluster, apiVersion: 'apps/v1', kind, namespace, name };
}

export function workloadTarget({ cluster, kind, namespace, name }: Workload): Target {
  return { technology: 'kubernetes', cluster, namespace, kind: `${kind.toLowerCase()}.apps`, name };
}

export function workloadPermission(
  { cluster, kind, namespace, name }: Workload,
  verbs: readonly string[],
  subresource?: string,
): Permission {
  const resource = `${kind.toLowerCase()}s${subresource === undefined ? '' : `/${subresource}`}`;
  return { cluster, namespace, apiGroup: 'apps', resource, verbs, name };
}

export function describeWorkload({ kind, namespace, name }: Workload): string {
  return `${kind} ${namespace}/${name}`;
}

/** Refuses an object that is another one under the same name, or is on its way out. */
export function requireSame(object: KubernetesObject, uid: string, what: string): void {
  if (object.metadata.uid !== uid) throw new FixpointError('target.changed', `${what} was deleted and made anew since it was planned`);
  if (object.metadata['deletionTimestamp'] !== undefined) throw new FixpointError('target.changed', `${what} is being deleted`);
}
