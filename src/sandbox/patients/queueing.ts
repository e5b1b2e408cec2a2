import type { LatencyShape } from './latency.ts';

/** Without pods, or far beyond their capacity, requests wait for this many times the ordinary latency at most. */
const longestWait = 12;

/** How much of what `pods` pods can answer, `each` requests per second, is asked of them. */
export function utilisationOf(requestsPerSecond: number, { each, pods }: { readonly each: number; readonly pods: number }): number {
  return pods === 0 ? Infinity : requestsPerSecond / (each * pods);
}

/** Latency hardly grows until the pods are fully used; beyond that requests queue, the longer the larger `growth` is. */
export function queued(unloaded: LatencyShape, load: number, growth = 2.4): LatencyShape {
  const factor = load <= 1 ? 1 + 0.1 * load ** 4 : 1.1 + growth * (load - 1);
  return { ...unloaded, median: unloaded.median * Math.min(factor, longestWait) };
}
