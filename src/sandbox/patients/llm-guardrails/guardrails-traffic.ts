import type { Breaker } from './breaker.ts';
import { Histogram } from '../histogram.ts';
import type { LatencyShape } from '../latency.ts';
import { refusalLatency } from './model-capacity.ts';
import { counter, gauge, histogram, type Metric } from '../series.ts';

/** What passes through the guardrail server at one moment. */
export interface GuardrailsLoad {
  readonly requestsPerSecond: number;
  /** From 0 to 1: requests that no model can judge and that are answered 503. */
  readonly refusedShare: number;
  readonly latency: LatencyShape;
}

const bounds = [0.01, 0.025, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25, 0.275, 0.3, 0.4, 0.5, 0.75, 1, 2];

/** The requests through the guardrail server, counted as its metrics have them. */
export class GuardrailsTraffic {
  /** What passes from now on. */
  load: GuardrailsLoad = { requestsPerSecond: 0, refusedShare: 0, latency: refusalLatency() };
  readonly #latency = new Histogram(bounds);
  #answered = 0;
  #refused = 0;

  /** Seconds of the present load. */
  pass(seconds: number): void {
    this.count(seconds * this.load.requestsPerSecond);
  }

  count(requests: number): void {
    this.#answered += requests * (1 - this.load.refusedShare);
    this.#refused += requests * this.load.refusedShare;
    this.#latency.add(this.load.latency, requests);
  }

  /** In seconds, as Prometheus would compute it from the buckets of the present load. */
  get p99(): number {
    return this.load.requestsPerSecond === 0 ? NaN : this.#latency.quantileOf(this.load.latency, 0.99);
  }

  metrics(breakers: ReadonlyMap<string, Breaker>): readonly Metric[] {
    const states = [...breakers].map(([model, { state }]) => [{ model }, state === 'closed' ? 0 : 1] as const);
    return [
      histogram('guardrail_request_latency_seconds', 'Time to validate one request.', this.#latency),
      counter('guardrail_requests_total', 'Requests by HTTP status.', [
        [{ status: '200' }, this.#answered],
        [{ status: '503' }, this.#refused],
      ]),
      gauge('guardrail_circuit_breaker_state', 'Whether the circuit breaker of a model is open (1) or closed (0).', states),
    ];
  }
}
