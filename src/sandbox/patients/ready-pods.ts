import type { Cluster } from '../kubernetes/cluster.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';

/** A pod that takes requests; `createdAt` in the sandbox's time. */
export interface ReadyPod {
  readonly name: string;
  readonly createdAt: number;
  readonly image: string;
  /** Of its first container, as its template had them when it was made. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

interface ContainerFields {
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
}

interface PodFields {
  readonly spec?: { readonly containers?: readonly ContainerFields[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** The pods with the label `app` that are Ready and not on their way out. */
export function readyPods(cluster: Pick<Cluster, 'list' | 'createdAtMs'>, namespace: string, app: string): readonly ReadyPod[] {
  return cluster.list('Pod', namespace, { app }).flatMap((pod) => readyPod(cluster, pod) ?? []);
}

/** All such pods of a namespace, by the label `app`. */
export function readyPodsByApp(
  cluster: Pick<Cluster, 'list' | 'createdAtMs'>,
  namespace: string,
): ReadonlyMap<string, readonly ReadyPod[]> {
  const found = new Map<string, ReadyPod[]>();
  for (const pod of cluster.list('Pod', namespace)) {
    const ready = readyPod(cluster, pod);
    const app = pod.metadata.labels?.['app'];
    if (ready === undefined || app === undefined) continue;
    found.set(app, [...(found.get(app) ?? []), ready]);
  }
  return found;
}

function readyPod(cluster: Pick<Cluster, 'createdAtMs'>, pod: KubernetesObject): ReadyPod | undefined {
  const createdAt = cluster.createdAtMs(pod);
  if (createdAt === undefined || !isReady(pod)) return undefined;
  const container = (pod as PodFields).spec?.containers?.[0];
  const env = Object.fromEntries((container?.env ?? []).map(({ name, value = '' }) => [name, value]));
  return { name: pod.metadata.name, createdAt, image: container?.image ?? '', env, limits: container?.resources?.limits ?? {} };
}

function isReady(pod: KubernetesObject): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return (pod as PodFields).status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** Whether there are pods at all and none of them is from before `moment`. */
export function areAllNewer(pods: readonly ReadyPod[], moment: number): boolean {
  return pods.length > 0 && pods.every(({ createdAt }) => createdAt > moment);
}
