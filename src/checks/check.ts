import type { z } from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { HttpReader } from '../ports/http-client.ts';
import type { KubernetesReader } from '../ports/kubernetes.ts';
import type { Prometheus } from '../ports/prometheus.ts';
import type { RungRecord, Verdict } from '../run/run.ts';
import type { Duration } from '../value/duration.ts';

export interface CheckContext {
  readonly kubernetes: KubernetesReader;
  readonly http: HttpReader;
  readonly prometheus: Prometheus;
  readonly evidence: Evidence;
  readonly alert: Alert;
  readonly source: string;
  /** The rung that is verified, with what its steps planned and answered. */
  readonly rung: RungRecord;
  /** When the last effect was applied, ms; samples from before it are no evidence. */
  readonly effectAt: number;
  /** Now, on the clock that wrote `effectAt`. */
  readonly now: number;
  /** Scale for windows and holding times: configured length / speed. 1 outside the sandbox. */
  readonly speed: number;
  readonly signal: AbortSignal;
}

/** One answer to "did it help?". `sampledAt`: the time the evidence is from, ms. */
export interface CheckAnswer {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly sampledAt?: number;
}

/** One kind of evidence. A check that throws or lacks data is inconclusive, and inconclusive counts as failed in the end. */
export interface Check<P = unknown> {
  readonly name: string;
  readonly summary: string;
  /** Whether passing is evidence that things are well, and not only that the alert has gone. */
  readonly positive: boolean;
  readonly params: z.ZodType<P>;
  readonly parameterNames: readonly string[];
  /** How long it has to pass without a break before it counts; 0 = one pass is enough. */
  holdFor(params: P): Duration;
  evaluate(params: P, context: CheckContext): Promise<CheckAnswer>;
}

export type AnyCheck = Check<never>;

export function defineCheck<P>(check: Omit<Check<P>, 'parameterNames'> & { params: z.ZodObject & z.ZodType<P> }): Check<P> {
  return { ...check, parameterNames: Object.keys(check.params.shape) };
}
