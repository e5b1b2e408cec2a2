import type { LatencyShape } from '../latency.ts';

/** What one screening takes when all is well: the objective of the platform. */
const objectiveMs = 100;

const unloaded: LatencyShape = { median: 60, spread: 0.12 };

/** Without pods, or far beyond their capacity, screenings wait for this many times the ordinary latency at most. */
const longestWait = 12;

/** How much of what `pods` pods can screen is asked of them. */
export function screeningLoad(screeningsPerSecond: number, pods: number): number {
  const capacity = (1000 / objectiveMs) * pods;
  return capacity === 0 ? Infinity : screeningsPerSecond / capacity;
}

/** In ms: it hardly grows until the pods are fully used; beyond that screenings queue. */
export function screeningLatency(load: number): LatencyShape {
  const factor = load <= 1 ? 1 + 0.1 * load ** 4 : 1.1 + 2.4 * (load - 1);
  return { ...unloaded, median: unloaded.median * Math.min(factor, longestWait) };
}
