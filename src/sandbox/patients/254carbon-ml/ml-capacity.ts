import { parseQuantity } from '../../../value/quantity.ts';
import type { Fault } from '../fault.ts';
import type { LatencyShape } from '../latency.ts';
import { queued, utilisationOf } from '../queueing.ts';
import type { ReadyPod } from '../ready-pods.ts';
import { ordinaryLatency, type PodMemory } from './ml-signs.ts';
import { firstLimits, type MlService } from './platform.ts';

/** Requests per second that one pod of model serving can answer, and that come in a surge: ten pods are enough, nine are not. */
const servedByPod = 30;
export const surgeRate = 290;

/** Cores that one pod of the embedding service needs while its inputs are long; below that it is throttled. */
export const neededCpu = 1.8;
const throttledFactor = 8;

/** A pod that uses more of its memory is too full. */
export const fullAbove = 0.9;

/** What a pod uses of the limit that it has at first: less than half of it, and while its inputs are long a third more than all of it. */
const ordinaryShare = 0.45;
const largeShare = 1.3;

export function utilisation(requestsPerSecond: number, pods: number): number {
  return utilisationOf(requestsPerSecond, { each: servedByPod, pods });
}

export function latencyUnder(load: number): LatencyShape {
  return queued(ordinaryLatency, load, 25);
}

/** Of the slowest pod; a stubborn fault has another cause than the limit. */
export function embeddingLatency(pods: readonly ReadyPod[], fault: Fault | undefined): LatencyShape {
  const isThrottled = fault !== undefined && (fault.isStubborn || pods.some((pod) => cpuLimitOf(pod) < neededCpu));
  return { ...ordinaryLatency, median: ordinaryLatency.median * (isThrottled && pods.length > 0 ? throttledFactor : 1) };
}

/** Bytes that a pod uses, and may use; a stubborn fault fills any limit. */
export function memoryIn(service: MlService, pod: ReadyPod, fault: Fault | undefined): PodMemory {
  const first = amountOf(firstLimits(service).memory);
  const limit = amountOf(pod.limits['memory'] ?? firstLimits(service).memory);
  const most = 0.97 * limit;
  const wanted = fault === undefined ? ordinaryShare * first : fault.isStubborn ? most : largeShare * first;
  return { service, pod: pod.name, limit, used: Math.min(wanted, most) };
}

export function cpuLimitOf({ limits }: ReadyPod): number {
  return amountOf(limits['cpu'] ?? '1');
}

function amountOf(quantity: string): number {
  return Number(parseQuantity(quantity)?.nano ?? 0n) / 1e9;
}
