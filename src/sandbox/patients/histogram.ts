import { meanSeconds, shareWithin, type LatencyShape } from './latency.ts';

/** One bucket as Prometheus has it: how many requests took at most `bound` seconds (Infinity for the last). */
export interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/** A cumulative histogram of seconds that only grows. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  /** `bounds` ascending and finite; the infinite one is added. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  add(shape: LatencyShape, requests: number): void {
    for (const [index, bound] of this.#bounds.entries()) {
      this.#counts[index] = (this.#counts[index] ?? 0) + requests * shareWithin(shape, bound);
    }
    this.#count += requests;
    this.#sum += requests * meanSeconds(shape);
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return Math.floor(this.#count);
  }

  /** Whole requests, ascending by bound. */
  buckets(): readonly Bucket[] {
    const finite = this.#bounds.map((bound, index) => ({ bound, count: Math.floor(this.#counts[index] ?? 0) }));
    return [...finite, { bound: Infinity, count: this.count }];
  }

  /** The quantile that Prometheus would compute from these buckets if all requests were of this shape. */
  quantileOf(shape: LatencyShape, quantile: number): number {
    const finite = this.#bounds.map((bound) => ({ bound, count: shareWithin(shape, bound) }));
    return bucketQuantile([...finite, { bound: Infinity, count: 1 }], quantile);
  }
}

/** Prometheus's `histogram_quantile`: linear within a bucket, the highest finite bound above it; NaN without requests. */
export function bucketQuantile(buckets: readonly Bucket[], quantile: number): number {
  const rank = quantile * (buckets.at(-1)?.count ?? 0);
  if (rank === 0) return NaN;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const bucket = buckets[index];
  const before = buckets[index - 1] ?? { bound: 0, count: 0 };
  if (bucket === undefined || bucket.bound === Infinity) return before.bound;
  return before.bound + ((bucket.bound - before.bound) * (rank - before.count)) / (bucket.count - before.count);
}
