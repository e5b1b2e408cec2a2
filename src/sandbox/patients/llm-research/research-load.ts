import type { FaultBook } from '../fault-book.ts';
import type { LatencyShape } from '../latency.ts';
import type { ResearchBreakers } from './research-breakers.ts';
import type { ResearchPod } from './research-pods.ts';
import type { ResearchLoad } from './research-traffic.ts';

/** All that decides how the platform fares at one moment. */
export interface ResearchCondition {
  readonly pods: readonly ResearchPod[];
  /** The size of each pod's pool, as it was configured when the pod started. */
  readonly sizes: readonly number[];
  /** What a pod that starts now would have. */
  readonly configuredSize: number;
  /** Real sessions that have been idle in a transaction for long. */
  readonly heldSessions: number;
  readonly breakers: ResearchBreakers;
  readonly faults: Pick<FaultBook, 'find'>;
  readonly isBad: (image: string) => boolean;
}

/** The alerts' own thresholds. */
export const exhaustedAbove = 0.9;
export const slowAbove = 2;

/** How many real sessions the fault of idle transactions opens. */
export const sessionsToHold = 8;

const ordinaryRate = 40;
const surgeRate = 160;
/** Requests a second that one pod answers at its usual pace: nine bear the surge. */
const podRate = 20;

/** Connections that the requests of one pod want at a time. */
const ordinaryConnections = 12;
const surgeConnections = 60;

const badRevisionErrors = 0.3;
const outageErrors = 0.25;

export function requestsPerSecond({ faults }: Pick<ResearchCondition, 'faults'>): number {
  return faults.find('high-latency') === undefined ? ordinaryRate : surgeRate;
}

/** Requests queue where the pods have more than they can answer; a stubborn surge slows them however many there are. */
export function latencyOf(condition: ResearchCondition): LatencyShape {
  const { pods, faults } = condition;
  const pool = fullestPool(condition);
  const usual = pool.active / pool.size > exhaustedAbove ? 0.5 : 0.2;
  const isHopeless = faults.find('high-latency')?.isStubborn === true;
  const busy = isHopeless ? Infinity : requestsPerSecond(condition) / (Math.max(1, pods.length) * podRate);
  return { median: Math.min(4, usual * (1 + 40 * Math.max(0, busy - 0.9))), spread: 0.5 };
}

/** Of the pod whose pool is fullest. */
export function fullestPool({ sizes, configuredSize, heldSessions, faults }: ResearchCondition): ResearchLoad['pool'] {
  if (sizes.length === 0) return { active: 0, size: configuredSize };
  const size = Math.min(...sizes);
  const surge = faults.find('pool-exhausted');
  const leak = faults.find('idle-transactions');
  // Stubborn ones leak connections: they fill a pool of any size.
  if (surge?.isStubborn === true || leak?.isStubborn === true) return { active: size, size };
  const wanted = Math.min(size, surge === undefined ? ordinaryConnections : surgeConnections);
  if (leak === undefined) return { active: wanted, size };
  // Whoever holds them takes the rest of the pool, whatever its size.
  return { active: Math.round(wanted + (size - wanted) * Math.min(1, heldSessions / sessionsToHold)), size };
}

export function errorShare(condition: ResearchCondition): number {
  const { pods, faults, breakers, isBad } = condition;
  const pool = fullestPool(condition);
  const usual = pool.active / pool.size > exhaustedAbove ? 0.005 : 0.001;
  const release = faults.find('high-error-rate');
  const bad = release?.isStubborn === true ? 1 : pods.filter(({ image }) => isBad(image)).reduce((sum, { share }) => sum + share, 0);
  const outage = faults.find('dependency-outage');
  const waiting = outage === undefined ? 0 : outage.isStubborn ? 1 : breakers.closedShare(pods, 'openai-api');
  return Math.max(usual, bad * badRevisionErrors, waiting * outageErrors);
}
