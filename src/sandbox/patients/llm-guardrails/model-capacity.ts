import type { LatencyShape } from '../latency.ts';

/** End-to-end latency that the capacity formula takes as baseline: the P90 of an unloaded platform. */
const baselineMs = 70;

const unloaded: LatencyShape = { median: 0.06, spread: 0.12 };

/** Without pods, or far beyond their capacity, requests wait for this many times the ordinary latency at most. */
const longestWait = 12;

/** How much of the capacity of `pods` pods is asked for: requests/s = (1000 / latency in ms) × pods. */
export function utilisation(requestsPerSecond: number, pods: number): number {
  const capacity = (1000 / baselineMs) * pods;
  return capacity === 0 ? Infinity : requestsPerSecond / capacity;
}

/** Latency hardly grows until the pods are fully used; beyond that requests queue. */
export function latencyUnder(load: number): LatencyShape {
  const factor = load <= 1 ? 1 + 0.1 * load ** 4 : 1.1 + 2.4 * (load - 1);
  return { ...unloaded, median: unloaded.median * Math.min(factor, longestWait) };
}

/** Without its model, prompt guard falls back to comparing with a list of known attacks, which is slow. */
export function fallbackLatency(): LatencyShape {
  return { ...unloaded, median: unloaded.median * 2.8 };
}

/** A refusal takes no model at all. */
export function refusalLatency(): LatencyShape {
  return { median: 0.003, spread: 0.3 };
}
