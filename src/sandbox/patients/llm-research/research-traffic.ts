import { Histogram } from '../histogram.ts';
import type { LatencyShape } from '../latency.ts';
import { counter, gauge, histogram, type Metric } from '../series.ts';

/** What passes through the research API at one moment. */
export interface ResearchLoad {
  readonly requestsPerSecond: number;
  /** From 0 to 1: requests answered 500. */
  readonly errorShare: number;
  readonly latency: LatencyShape;
  /** Of the pod whose pool is fullest. */
  readonly pool: { readonly active: number; readonly size: number };
}

const bounds = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];

/** The requests through the research API and its connections, counted as its metrics have them. */
export class ResearchTraffic {
  /** What passes from now on. */
  load: ResearchLoad = { requestsPerSecond: 0, errorShare: 0, latency: { median: 0.2, spread: 0.5 }, pool: { active: 0, size: 0 } };
  readonly #duration = new Histogram(bounds);
  #succeeded = 0;
  #failed = 0;

  /** Seconds of the present load. */
  pass(seconds: number): void {
    const requests = seconds * this.load.requestsPerSecond;
    this.#succeeded += requests * (1 - this.load.errorShare);
    this.#failed += requests * this.load.errorShare;
    this.#duration.add(this.load.latency, requests);
  }

  /** NaN while the pool has no size, as a division by zero in Prometheus. */
  get poolRatio(): number {
    return this.load.pool.active / this.load.pool.size;
  }

  get errorRatio(): number {
    return this.load.requestsPerSecond === 0 ? NaN : this.load.errorShare;
  }

  /** NaN without requests. */
  get p95(): number {
    return this.load.requestsPerSecond === 0 ? NaN : this.#duration.quantileOf(this.load.latency, 0.95);
  }

  metrics(): readonly Metric[] {
    return [
      counter('http_requests_total', 'HTTP requests by status.', [
        [{ status: '200' }, this.#succeeded],
        [{ status: '500' }, this.#failed],
      ]),
      histogram('http_request_duration_seconds', 'Time to answer one HTTP request.', this.#duration),
      gauge('db_pool_connections_active', 'Database connections in use, of the pod with the fullest pool.', [[{}, this.load.pool.active]]),
      gauge('db_pool_connections_max', 'Size of the connection pool of that pod.', [[{}, this.load.pool.size]]),
    ];
  }
}
