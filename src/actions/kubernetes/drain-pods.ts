import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { ReadContext } from '../action.ts';
import { protectedAnnotation } from '../../value/protected-annotation.ts';
import { formatTarget } from '../../value/target.ts';
import { controllerOf, ownerOf, targetOfOwner, type Owner } from './owner.ts';
import { isTerminating } from './pod-gone.ts';

/** A pod that a drain evicts. */
export type DrainedPod = { readonly namespace: string; readonly pod: string; readonly uid: string };

interface DrainWish {
  readonly cluster: string;
  readonly node: string;
  readonly mostPods: number;
  readonly emptyDirs: 'keep' | 'delete';
}

/** The node's pods without those that stay: of DaemonSets, of the kubelet itself, finished ones. Refuses what would lose something. */
export async function podsToEvict(
  { cluster, node, mostPods, emptyDirs }: DrainWish,
  { kubernetes, signal }: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<{ readonly pods: readonly DrainedPod[]; readonly live: readonly KubernetesObject[] }> {
  const all = await kubernetes.list({ cluster, apiVersion: 'v1', kind: 'Pod', fieldSelector: `spec.nodeName=${node}` }, signal);
  const live = all.filter((pod) => !isTerminating(pod) && !stays(pod));
  const reasons = live.flatMap((pod) => {
    const reason = kubernetes.protects(pod.metadata.namespace ?? '') ? 'is in a protected namespace' : obstacle(pod, emptyDirs);
    return reason === undefined ? [] : [`${pod.metadata.namespace ?? ''}/${pod.metadata.name} ${reason}`];
  });
  if (reasons.length > 0) {
    const more = reasons.length > 5 ? ` and ${reasons.length - 5} more` : '';
    throw new FixpointError('target.ambiguous', `node ${node} cannot be drained: ${reasons.slice(0, 5).join('; ')}${more}`);
  }
  if (live.length > mostPods)
    throw new FixpointError('target.ambiguous', `node ${node} has ${live.length} pods to evict, more than mostPods: ${mostPods}`);
  const pods = live.map(({ metadata: { name, namespace = '', uid } }) => ({ namespace, pod: name, uid }));
  return { pods, live };
}

/** The pods and the workloads that own them: all that a drain touches besides the node. */
export async function affectedBy(
  pods: readonly KubernetesObject[],
  cluster: string,
  context: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<readonly string[]> {
  const affected = new Set<string>();
  const owners = new Map<string, Promise<Owner | undefined>>();
  for (const pod of pods) {
    const { name, namespace = '' } = pod.metadata;
    const place = { cluster, namespace, pod: name };
    affected.add(formatTarget({ technology: 'kubernetes', cluster, namespace, kind: 'pod', name }));
    // Pods of one controller have one owner, which is asked for once.
    const controller = controllerOf(pod)?.uid ?? name;
    const asked = owners.get(controller) ?? ownerOf(pod, place, context);
    owners.set(controller, asked);
    const owner = await asked;
    if (owner !== undefined) affected.add(targetOfOwner(owner, place));
  }
  return [...affected];
}

function stays(pod: KubernetesObject): boolean {
  const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
  const isMirror = pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  return isMirror || controllerOf(pod)?.kind === 'DaemonSet' || phase === 'Succeeded' || phase === 'Failed';
}

function obstacle(pod: KubernetesObject, emptyDirs: 'keep' | 'delete'): string | undefined {
  if (pod.metadata.annotations?.[protectedAnnotation] === 'true') return `is annotated ${protectedAnnotation}: "true"`;
  if (controllerOf(pod) === undefined) return 'has no controller: nothing would make it anew';
  const volumes = (pod['spec'] as { volumes?: readonly { emptyDir?: unknown }[] } | undefined)?.volumes ?? [];
  if (emptyDirs === 'keep' && volumes.some(({ emptyDir }) => emptyDir !== undefined))
    return 'has an emptyDir volume, whose data would be lost (emptyDirs: delete)';
  return undefined;
}
