import { codeOf, FixpointError } from '../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import type { ReadContext, Settled } from '../action.ts';
import type { PodPlace } from './owner.ts';

export function podRef({ cluster, namespace, pod }: PodPlace): ObjectRef {
  return { cluster, apiVersion: 'v1', kind: 'Pod', namespace, name: pod };
}

/** The pod of this uid as it is now; undefined once it is gone, whoever made it go, also where another has its name. */
export async function livePod(
  place: PodPlace,
  uid: string,
  { kubernetes, signal }: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<KubernetesObject | undefined> {
  try {
    const pod = await kubernetes.get(podRef(place), signal);
    return pod.metadata.uid === uid ? pod : undefined;
  } catch (error) {
    if (codeOf(error) === 'kubernetes.not-found') return undefined;
    throw error;
  }
}

export function isTerminating(object: KubernetesObject): boolean {
  return object.metadata['deletionTimestamp'] !== undefined;
}

/** Settled when the pod of this uid is gone. */
export async function podGone(place: PodPlace, uid: string, context: Pick<ReadContext, 'kubernetes' | 'signal'>): Promise<Settled> {
  const pod = await livePod(place, uid, context);
  if (pod === undefined) return { settled: true };
  return {
    settled: false,
    reason: `pod ${place.namespace}/${place.pod} ${isTerminating(pod) ? 'is still terminating' : 'is still there'}`,
  };
}

/** A request to end the pod of this uid; one that was faster, or another pod of the name by now, has done it already. */
export async function endPod(
  place: PodPlace,
  { uid, context, end }: { uid: string; context: Pick<ReadContext, 'kubernetes' | 'signal'>; end: () => Promise<void> },
): Promise<boolean> {
  const pod = await livePod(place, uid, context);
  if (pod === undefined || isTerminating(pod)) return false;
  try {
    await end();
    return true;
  } catch (error) {
    const code = codeOf(error);
    const isGone =
      (code === 'kubernetes.not-found' || code === 'kubernetes.conflict') && (await livePod(place, uid, context)) === undefined;
    if (isGone && error instanceof FixpointError) return false;
    throw error;
  }
}
