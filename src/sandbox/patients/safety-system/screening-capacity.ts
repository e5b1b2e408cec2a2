import type { LatencyShape } from '../latency.ts';
import { queued, utilisationOf } from '../queueing.ts';

/** What one screening takes when all is well: the objective of the platform. */
const objectiveMs = 100;

const unloaded: LatencyShape = { median: 60, spread: 0.12 };

/** How much of what `pods` pods can screen is asked of them. */
export function screeningLoad(screeningsPerSecond: number, pods: number): number {
  return utilisationOf(screeningsPerSecond, { each: 1000 / objectiveMs, pods });
}

/** In ms. */
export function screeningLatency(load: number): LatencyShape {
  return queued(unloaded, load);
}
