import type { LatencyShape } from '../latency.ts';
import { queued, utilisationOf } from '../queueing.ts';

/** End-to-end latency that the capacity formula takes as baseline: the P90 of an unloaded platform. */
const baselineMs = 70;

const unloaded: LatencyShape = { median: 0.06, spread: 0.12 };

/** How much of the capacity of `pods` pods is asked for: requests/s = (1000 / latency in ms) × pods. */
export function utilisation(requestsPerSecond: number, pods: number): number {
  return utilisationOf(requestsPerSecond, { each: 1000 / baselineMs, pods });
}

export function latencyUnder(load: number): LatencyShape {
  return queued(unloaded, load);
}

/** Without its model, prompt guard falls back to comparing with a list of known attacks, which is slow. */
export function fallbackLatency(): LatencyShape {
  return { ...unloaded, median: unloaded.median * 2.8 };
}

/** A refusal takes no model at all. */
export function refusalLatency(): LatencyShape {
  return { median: 0.003, spread: 0.3 };
}
