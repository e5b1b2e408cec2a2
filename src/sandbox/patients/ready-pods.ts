import type { Cluster } from '../kubernetes/cluster.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';

/** A pod that takes requests; `createdAt` in the sandbox's time. */
export interface ReadyPod {
  readonly createdAt: number;
  readonly image: string;
}

interface PodFields {
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** The pods with the label `app` that are Ready and not on their way out. */
export function readyPods(cluster: Pick<Cluster, 'list' | 'createdAtMs'>, namespace: string, app: string): readonly ReadyPod[] {
  return cluster.list('Pod', namespace, { app }).flatMap((pod) => {
    const createdAt = cluster.createdAtMs(pod);
    if (createdAt === undefined || !isReady(pod)) return [];
    return [{ createdAt, image: (pod as PodFields).spec?.containers?.[0]?.image ?? '' }];
  });
}

function isReady(pod: KubernetesObject): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return (pod as PodFields).status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** Whether there are pods at all and none of them is from before `moment`. */
export function areAllNewer(pods: readonly ReadyPod[], moment: number): boolean {
  return pods.length > 0 && pods.every(({ createdAt }) => createdAt > moment);
}
