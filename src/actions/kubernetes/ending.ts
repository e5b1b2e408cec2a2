import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { Target } from '../../value/target.ts';
import type { ReadContext } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { ownerOf, targetOfOwner, type PodPlace } from './owner.ts';
import { isTerminating, podRef } from './pod-gone.ts';

/** The parameters of an action that ends one pod. */
export const PodParams = z.strictObject({
  cluster: ClusterName,
  namespace: Namespace,
  pod: ObjectName.describe('The pod. What is locked and protected is the workload that owns it.'),
});

/** The pod and the uid it had when it was planned: another one of the same name is left alone. */
export type PodIntent = { readonly place: { cluster: string; namespace: string; pod: string }; readonly uid: string };

export function podTarget({ cluster, namespace, pod }: PodPlace): Target {
  return { technology: 'kubernetes', cluster, namespace, kind: 'pod', name: pod };
}

/** Reads what ending the pod needs to know; a pod that nothing would make anew is refused. */
export async function planEnding(
  place: PodPlace,
  to: string,
  context: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<{
  readonly intent: PodIntent;
  readonly changes: readonly { what: string; from: string; to: string }[];
  target: string;
  pod: KubernetesObject;
}> {
  const { cluster, namespace, pod: name } = place;
  const pod = await context.kubernetes.get(podRef(place), context.signal);
  const owner = await ownerOf(pod, place, context);
  if (owner === undefined)
    throw new FixpointError('target.ambiguous', `pod ${namespace}/${name} has no controller: nothing would make it anew`);
  const intent: PodIntent = { place: { cluster, namespace, pod: name }, uid: pod.metadata.uid };
  const phase = (pod['status'] as { phase?: string } | undefined)?.phase ?? 'Unknown';
  const changes = isTerminating(pod) ? [] : [{ what: `pod ${name}`, from: phase, to }];
  return { intent, changes, target: targetOfOwner(owner, place), pod };
}
