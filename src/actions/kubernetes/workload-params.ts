import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesReader } from '../../ports/kubernetes.ts';
import { formatTarget, type Target } from '../../value/target.ts';
import type { Permission } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { controllerOf } from './owner.ts';
import { permissionOf, workloadKinds, workloadTarget, type Workload, type WorkloadKind } from './workload.ts';

/** How parameters name a workload: by name, or by one of its pods. */
export interface WorkloadParams<K extends WorkloadKind = WorkloadKind> {
  readonly cluster: string;
  readonly kind?: K | undefined;
  readonly namespace: string;
  readonly name?: string | undefined;
  readonly ownerOf?: string | undefined;
}

const kindMeaning = 'Kind of the workload; left out: a Deployment, with `ownerOf` whatever owns the pod.';

/** The schema's members that name a workload; the schema as a whole needs `namesOne`. */
export const workloadShape = {
  cluster: ClusterName,
  kind: z.enum(workloadKinds).optional().describe(kindMeaning),
  namespace: Namespace,
  name: ObjectName.optional().describe('The name of the workload; this or `ownerOf`.'),
  ownerOf: ObjectName.optional().describe('A pod whose controlling owner is meant, for alerts that name only a pod; this or `name`.'),
} as const;

export const scalableShape = { ...workloadShape, kind: z.enum(['Deployment', 'StatefulSet']).optional().describe(kindMeaning) } as const;

export const namesOne = [
  ({ name, ownerOf }: { name?: string | undefined; ownerOf?: string | undefined }) => (name === undefined) !== (ownerOf === undefined),
  'must have exactly one of name and ownerOf',
] as const;

/** Known without reading only where the workload is named. */
export function declaredTarget<K extends WorkloadKind>({ cluster, kind, namespace, name }: WorkloadParams<K>): Target | undefined {
  return name === undefined ? undefined : workloadTarget({ cluster, kind: kind ?? 'Deployment', namespace, name });
}

/** What a resolved workload adds to a plan: its name where the parameters did not have it. */
export function resolvedTarget({ ownerOf }: WorkloadParams, workload: Workload): { readonly target?: string } {
  return ownerOf === undefined ? {} : { target: formatTarget(workloadTarget(workload)) };
}

/** Rights on the workload, and those that finding it from a pod needs. */
export function workloadPermissions(
  { cluster, kind, namespace, name }: WorkloadParams,
  verbs: readonly string[],
  { kinds = workloadKinds, subresource }: { readonly kinds?: readonly WorkloadKind[]; readonly subresource?: string } = {},
): readonly Permission[] {
  if (name !== undefined) return [permissionOf({ cluster, kind: kind ?? 'Deployment', namespace, name }, verbs, subresource)];
  return (kind === undefined ? kinds : [kind]).map((each) => permissionOf({ cluster, kind: each, namespace }, verbs, subresource));
}

/** Rights that finding the owner of a pod needs. */
export function ownerPermissions({ cluster, namespace, ownerOf }: WorkloadParams): readonly Permission[] {
  if (ownerOf === undefined) return [];
  return [
    { cluster, namespace, apiGroup: '', resource: 'pods', verbs: ['get'], name: ownerOf },
    { cluster, namespace, apiGroup: 'apps', resource: 'replicasets', verbs: ['get'] },
  ];
}

/** The workload that parameters mean; a pod without a controlling owner, or with one of another kind, is refused. */
export async function resolveWorkload<K extends WorkloadKind>(
  params: WorkloadParams<K>,
  { kubernetes, signal }: { readonly kubernetes: KubernetesReader; readonly signal: AbortSignal },
  kinds: readonly K[],
): Promise<Workload<K>> {
  const { cluster, kind, namespace, name, ownerOf } = params;
  if (name !== undefined) return { cluster, kind: kind ?? ('Deployment' as K), namespace, name };
  const pod = await kubernetes.get({ cluster, apiVersion: 'v1', kind: 'Pod', namespace, name: ownerOf ?? '' }, signal);
  let owner = controllerOf(pod);
  if (owner?.kind === 'ReplicaSet') {
    const set = await kubernetes.get({ cluster, apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, name: owner.name }, signal);
    owner = set.metadata.uid === owner.uid ? (controllerOf(set) ?? owner) : undefined;
  }
  const found = (kind === undefined ? kinds : [kind]).find((each) => each === owner?.kind && owner.apiVersion === 'apps/v1');
  if (found !== undefined && owner !== undefined) return { cluster, kind: found, namespace, name: owner.name };
  throw new FixpointError(
    'target.ambiguous',
    `pod ${namespace}/${ownerOf} is controlled by ${owner === undefined ? 'nobody' : `${owner.kind} ${owner.name}`}; it would have to be a ${(kind === undefined ? kinds : [kind]).join(' or ')}`,
  );
}
