import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import { formatTarget, type Target } from '../../value/target.ts';
import type { Permission } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { controllerOf, type Owner, type PodPlace } from './owner.ts';
import { permissionOf, workloadKinds, workloadTarget, type Workload, type WorkloadKind } from './workload.ts';

/** How parameters name a workload: by name, by one of its pods, or by the Service that leads to it. */
export interface WorkloadParams<K extends WorkloadKind = WorkloadKind> {
  readonly cluster: string;
  readonly kind?: K | undefined;
  readonly namespace: string;
  readonly name?: string | undefined;
  readonly ownerOf?: string | undefined;
  readonly behind?: string | undefined;
  readonly among?: readonly string[] | undefined;
}

const kindMeaning = 'Kind of the workload; left out: a Deployment, with `ownerOf` or `behind` whatever owns the pods.';

/** The schema's members that name a workload; the schema as a whole needs `namesOne`. */
export const workloadShape = {
  cluster: ClusterName,
  kind: z.enum(workloadKinds).optional().describe(kindMeaning),
  namespace: Namespace,
  name: ObjectName.optional().describe('The name of the workload; this, `ownerOf` or `behind`.'),
  ownerOf: ObjectName.optional().describe('A pod whose controlling owner is meant, for alerts that name only a pod.'),
  behind: ObjectName.optional().describe(
    'A Service: what is meant is the one workload whose pods it selects now, such as the live colour where two stand side by side.',
  ),
  among: z
    .array(ObjectName)
    .min(1)
    .max(10)
    .optional()
    .describe('With `behind`: the workloads it may be. Any other is refused, and `fixpoint rbac` grants rights on these alone.'),
} as const;

export const scalableShape = { ...workloadShape, kind: z.enum(['Deployment', 'StatefulSet']).optional().describe(kindMeaning) } as const;

export const namesOne = [
  ({ name, ownerOf, behind, among }: Pick<WorkloadParams, 'name' | 'ownerOf' | 'behind' | 'among'>) =>
    [name, ownerOf, behind].filter((each) => each !== undefined).length === 1 && (among === undefined || behind !== undefined),
  'must have exactly one of name, ownerOf and behind; among only with behind',
] as const;

/** Known without reading only where the workload is named. */
export function declaredTarget<K extends WorkloadKind>({ cluster, kind, namespace, name }: WorkloadParams<K>): Target | undefined {
  return name === undefined ? undefined : workloadTarget({ cluster, kind: kind ?? 'Deployment', namespace, name });
}

/** What a resolved workload adds to a plan: its name where the parameters did not have it. */
export function resolvedTarget({ name }: WorkloadParams, workload: Workload): { readonly target?: string } {
  return name !== undefined ? {} : { target: formatTarget(workloadTarget(workload)) };
}

/** Rights on the workload, and those that finding it from a pod needs. */
export function workloadPermissions(
  { cluster, kind, namespace, name, among }: WorkloadParams,
  verbs: readonly string[],
  { kinds = workloadKinds, subresource }: { readonly kinds?: readonly WorkloadKind[]; readonly subresource?: string } = {},
): readonly Permission[] {
  if (name !== undefined) return [permissionOf({ cluster, kind: kind ?? 'Deployment', namespace, name }, verbs, subresource)];
  const names = among === undefined ? [{}] : among.map((each) => ({ name: each }));
  return (kind === undefined ? kinds : [kind]).flatMap((each) =>
    names.map((named) => permissionOf({ cluster, kind: each, namespace, ...named }, verbs, subresource)),
  );
}

/** Rights that finding the workload by a pod or a Service needs. */
export function ownerPermissions({ cluster, namespace, name, ownerOf, behind }: WorkloadParams): readonly Permission[] {
  if (name !== undefined) return [];
  const core = { cluster, namespace, apiGroup: '' };
  return [
    ...(ownerOf === undefined ? [] : [{ ...core, resource: 'pods', verbs: ['get'], name: ownerOf }]),
    ...(behind === undefined
      ? []
      : [
          { ...core, resource: 'services', verbs: ['get'], name: behind },
          { ...core, resource: 'pods', verbs: ['list'] },
        ]),
    { cluster, namespace, apiGroup: 'apps', resource: 'replicasets', verbs: ['get'] },
  ];
}

/** The workload that parameters mean; a pod without a controlling owner, or with one of another kind, is refused, and several behind one Service. */
export async function resolveWorkload<K extends WorkloadKind>(
  params: WorkloadParams<K>,
  context: { readonly kubernetes: KubernetesReader; readonly signal: AbortSignal },
  kinds: readonly K[],
): Promise<Workload<K>> {
  const { cluster, kind, namespace, name, ownerOf: pod, behind: service } = params;
  if (name !== undefined) return { cluster, kind: kind ?? ('Deployment' as K), namespace, name };
  const place = { cluster, namespace };
  const owners = await (service === undefined ? ownersOfPod(place, pod ?? '', context) : ownersBehind(place, service, context));
  const [owner, ...others] = owners;
  const found = (kind === undefined ? kinds : [kind]).find((each) => each === owner?.kind && owner.apiVersion === 'apps/v1');
  if (found !== undefined && owner !== undefined && others.length === 0) {
    if (params.among?.includes(owner.name) !== false) return { cluster, kind: found, namespace, name: owner.name };
    throw new FixpointError(
      'target.ambiguous',
      `${owner.kind} ${owner.name}, behind Service ${namespace}/${service}, is none of ${params.among.join(', ')}`,
    );
  }
  const controllers = owners.map((each) => `${each.kind} ${each.name}`).join(', ');
  throw new FixpointError(
    'target.ambiguous',
    `${service === undefined ? `pod ${namespace}/${pod} is` : `the pods behind Service ${namespace}/${service} are`} controlled by ${controllers === '' ? 'nobody' : controllers}; it would have to be ${others.length === 0 ? 'a' : 'one'} ${(kind === undefined ? kinds : [kind]).join(' or ')}`,
  );
}

type Place = Omit<PodPlace, 'pod'>;
type Readers = { readonly kubernetes: KubernetesReader; readonly signal: AbortSignal };

async function ownersOfPod(place: Place, pod: string, context: Readers): Promise<readonly Owner[]> {
  const object = await context.kubernetes.get(
    { cluster: place.cluster, apiVersion: 'v1', kind: 'Pod', namespace: place.namespace, name: pod },
    context.signal,
  );
  return await distinctOwners(place, [object], context);
}

/** Pods count whether ready or not: a colour that is ill is live all the same. */
async function ownersBehind({ cluster, namespace }: Place, name: string, context: Readers): Promise<readonly Owner[]> {
  const { kubernetes, signal } = context;
  const service = await kubernetes.get({ cluster, apiVersion: 'v1', kind: 'Service', namespace, name }, signal);
  const selector = Object.entries((service['spec'] as { selector?: Readonly<Record<string, string>> } | undefined)?.selector ?? {});
  if (selector.length === 0) throw new FixpointError('target.missing', `Service ${namespace}/${name} selects no pods`);
  const labelSelector = selector.map(([key, value]) => `${key}=${value}`).join(',');
  const pods = await kubernetes.list({ cluster, apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, signal);
  const live = pods.filter(
    (pod) =>
      pod.metadata['deletionTimestamp'] === undefined &&
      !['Succeeded', 'Failed'].includes((pod['status'] as { phase?: string } | undefined)?.phase ?? ''),
  );
  if (live.length === 0) throw new FixpointError('target.missing', `Service ${namespace}/${name} has no pods behind it`);
  return await distinctOwners({ cluster, namespace }, live, context);
}

/** What controls the pods, and behind a ReplicaSet what controls that; each once. */
async function distinctOwners(
  { cluster, namespace }: Place,
  pods: readonly KubernetesObject[],
  { kubernetes, signal }: Readers,
): Promise<readonly Owner[]> {
  const controllers = new Map(pods.flatMap((pod) => controllerOf(pod) ?? []).map((owner) => [owner.uid, owner]));
  const owners = await Promise.all(
    [...controllers.values()].map(async (owner) => {
      if (owner.kind !== 'ReplicaSet') return owner;
      const set = await kubernetes.get({ cluster, apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, name: owner.name }, signal);
      return set.metadata.uid === owner.uid ? (controllerOf(set) ?? owner) : undefined;
    }),
  );
  return [...new Map(owners.flatMap((owner) => owner ?? []).map((owner) => [owner.uid, owner])).values()];
}
