import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import type { Workload } from './workload.ts';

/** A HorizontalPodAutoscaler and the bounds it keeps. */
export interface Autoscaler {
  readonly object: KubernetesObject;
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

export function autoscalerRef({ cluster, namespace }: Workload, name: string) {
  return { cluster, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace, name };
}

/** The HorizontalPodAutoscaler that owns the count. An API that cannot say leaves the plan without an answer, and so without a plan. */
export async function autoscalerOf(
  kubernetes: KubernetesReader,
  { cluster, kind, namespace, name }: Workload,
  signal: AbortSignal,
): Promise<Autoscaler | undefined> {
  const autoscalers = await kubernetes.list({ cluster, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace }, signal);
  for (const object of autoscalers) {
    const spec = (object['spec'] ?? {}) as {
      scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string };
      minReplicas?: number;
      maxReplicas?: number;
    };
    const { apiVersion = 'apps/v1', ...target } = spec.scaleTargetRef ?? {};
    if (target.kind !== kind || target.name !== name || !apiVersion.startsWith('apps/')) continue;
    return { object, name: object.metadata.name, min: spec.minReplicas ?? 1, max: spec.maxReplicas ?? 1 };
  }
  return undefined;
}
