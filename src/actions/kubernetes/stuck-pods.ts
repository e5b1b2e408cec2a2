import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import { controllerOf } from './owner.ts';
import { selectorText } from './selector-of.ts';
import { describeWorkload, type Workload } from './workload.ts';

/** What a container waits for that will not come by itself. */
const hopeless = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/**
 * Pods of a StatefulSet that do not start with what they were made with, `except` those of one revision. A roll-back does not replace them
 * (test/fixtures/kubernetes/transcripts/05b). As `pod db-1 (ErrImagePull)`.
 */
export async function stuckPods(
  kubernetes: KubernetesReader,
  { workload, object, except, signal }: StuckRequest,
): Promise<readonly string[]> {
  const { cluster, namespace } = workload;
  const labelSelector = selectorText(object, describeWorkload(workload));
  const pods = await kubernetes.list({ cluster, apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, signal);
  return pods
    .filter((pod) => controllerOf(pod)?.uid === object.metadata.uid && pod.metadata['deletionTimestamp'] === undefined)
    .filter((pod) => except === undefined || pod.metadata.labels?.['controller-revision-hash'] !== except)
    .flatMap((pod) => {
      const reason = waitingReasons(pod).find((each) => hopeless.has(each));
      return reason === undefined ? [] : [`pod ${pod.metadata.name} (${reason})`];
    });
}

interface StuckRequest {
  readonly workload: Workload;
  readonly object: KubernetesObject;
  readonly except?: string;
  readonly signal: AbortSignal;
}

/** What the containers of a pod wait for. */
export function waitingReasons(pod: KubernetesObject): readonly string[] {
  const { containerStatuses = [], initContainerStatuses = [] } = (pod['status'] ?? {}) as {
    containerStatuses?: readonly ContainerStatus[];
    initContainerStatuses?: readonly ContainerStatus[];
  };
  return [...initContainerStatuses, ...containerStatuses].flatMap(({ state }) => state?.waiting?.reason ?? []);
}

interface ContainerStatus {
  readonly state?: { readonly waiting?: { readonly reason?: string } };
}
