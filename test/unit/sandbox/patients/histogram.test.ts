import { describe, expect, it } from 'vitest';
import { bucketQuantile, Histogram } from '../../../../src/sandbox/patients/histogram.ts';
import { latencyUnder, utilisation } from '../../../../src/sandbox/patients/llm-guardrails/model-capacity.ts';

describe('Histogram', () => {
  it('is cumulative in its bounds and only grows', () => {
    const histogram = new Histogram([0.05, 0.1, 0.2]);
    let before = histogram.buckets().map(({ count }) => count);
    for (let round = 1; round <= 50; round += 1) {
      histogram.add({ median: 0.04 + 0.003 * round, spread: 0.3 }, 7.3);
      const now = histogram.buckets().map(({ count }) => count);
      expect(now).toEqual(now.toSorted((a, b) => a - b));
      for (const [index, count] of now.entries()) expect(count).toBeGreaterThanOrEqual(before[index] ?? 0);
      before = now;
    }

    expect(histogram.count).toBe(365);
    expect(histogram.buckets().at(-1)).toEqual({ bound: Infinity, count: 365 });
    expect(histogram.sum / 365).toBeGreaterThan(0.1);
  });

  it('gives the quantile that its own buckets give', () => {
    const shape = { median: 0.12, spread: 0.2 };
    const histogram = new Histogram([0.05, 0.1, 0.15, 0.2, 0.25]);
    histogram.add(shape, 100_000);

    expect(bucketQuantile(histogram.buckets(), 0.99)).toBeCloseTo(histogram.quantileOf(shape, 0.99), 3);
    expect(histogram.quantileOf(shape, 0.5)).toBeCloseTo(0.12, 2);
  });
});

describe('bucketQuantile', () => {
  it('answers as Prometheus does', () => {
    const buckets = [
      { bound: 0.1, count: 50 },
      { bound: 0.2, count: 90 },
      { bound: Infinity, count: 100 },
    ];

    expect(bucketQuantile(buckets, 0.25)).toBeCloseTo(0.05);
    expect(bucketQuantile(buckets, 0.7)).toBeCloseTo(0.15);
    expect(bucketQuantile(buckets, 0.99)).toBe(0.2);
    expect(bucketQuantile([{ bound: Infinity, count: 0 }], 0.5)).toBeNaN();
  });
});

describe('capacity', () => {
  it.each([
    [14, 1],
    [50, 4],
    [100, 7],
    [1000, 70],
  ])('%i requests/s need %i pods', (requestsPerSecond, pods) => {
    expect(utilisation(requestsPerSecond, pods)).toBeLessThanOrEqual(1);
    expect(utilisation(requestsPerSecond, pods - 1)).toBeGreaterThan(pods === 1 ? 1 : 0.98);
  });

  it('makes requests wait for at most a bounded time', () => {
    expect(utilisation(10, 0)).toBe(Infinity);
    expect(latencyUnder(Infinity).median).toBeLessThan(1);
    expect(latencyUnder(0.5).median).toBeLessThan(latencyUnder(1).median);
  });
});
