import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { printable } from '../../value/printable.ts';
import { waitingReasons } from './stuck-pods.ts';

/** What is told of a pod in a line. */
export interface PodSummary {
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly node: string | null;
  /** What a container waits for, or why the last one ended: `CrashLoopBackOff`, `OOMKilled`. */
  readonly reason: string | null;
}

export function podSummary(pod: KubernetesObject): PodSummary {
  const status = (pod['status'] ?? {}) as {
    phase?: string;
    reason?: string;
    conditions?: readonly { type: string; status: string }[];
    containerStatuses?: readonly ContainerStatus[];
  };
  const ended = status.containerStatuses?.flatMap(
    ({ lastState, state }) => state?.terminated?.reason ?? lastState?.terminated?.reason ?? [],
  );
  const reason = waitingReasons(pod)[0] ?? status.reason ?? ended?.[0];
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    phase: status.phase ?? 'Unknown',
    ready: status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    restarts: (status.containerStatuses ?? []).reduce((sum, container) => sum + (container.restartCount ?? 0), 0),
    node: (pod['spec'] as { nodeName?: string } | undefined)?.nodeName ?? null,
    reason: reason === undefined ? null : printable(reason, 60).replaceAll('"', ''),
  };
}

interface ContainerStatus {
  readonly restartCount?: number;
  readonly state?: { readonly terminated?: { readonly reason?: string } };
  readonly lastState?: { readonly terminated?: { readonly reason?: string } };
}
