import { codeOf } from '../../errors.ts';
import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import { formatTarget } from '../../value/target.ts';
import type { Permission } from '../action.ts';

interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** What keeps an object in being. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** Where a pod stands. */
export interface PodPlace {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
}

export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  const references = object.metadata['ownerReferences'] as readonly OwnerReference[] | undefined;
  return references?.find(({ controller }) => controller === true);
}

/** The workload behind a pod: its controller, and behind a ReplicaSet the Deployment; undefined for a pod that nothing would make anew. */
export async function ownerOf(
  pod: KubernetesObject,
  { cluster, namespace }: PodPlace,
  { kubernetes, signal }: { readonly kubernetes: KubernetesReader; readonly signal: AbortSignal },
): Promise<Owner | undefined> {
  const controller = controllerOf(pod);
  if (controller?.kind !== 'ReplicaSet') return controller;
  const { apiVersion, kind, name } = controller;
  try {
    return controllerOf(await kubernetes.get({ cluster, apiVersion, kind, namespace, name }, signal)) ?? controller;
  } catch (error) {
    if (codeOf(error) === 'kubernetes.not-found') return controller;
    throw error;
  }
}

/** The canonical target of a workload. */
export function targetOfOwner({ apiVersion, kind, name }: Owner, { cluster, namespace }: PodPlace): string {
  const [group] = apiVersion.includes('/') ? apiVersion.split('/') : [];
  const dotted = group === undefined ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
  return formatTarget({ technology: 'kubernetes', cluster, namespace, kind: dotted, name });
}

/** What finding a pod and its owner needs. */
export function podPermissions({ cluster, namespace, pod }: PodPlace): readonly Permission[] {
  return [
    { cluster, namespace, apiGroup: '', resource: 'pods', verbs: ['get'], name: pod },
    { cluster, namespace, apiGroup: 'apps', resource: 'replicasets', verbs: ['get'] },
  ];
}
