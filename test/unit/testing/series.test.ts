import { describe, expect, it } from 'vitest';
import { parseSeries } from '../../../src/testing/series.ts';

describe('parseSeries', () => {
  it.each([
    ['1', [1]],
    ['0.3x2 0.05', [0.3, 0.3, 0.3, 0.05]],
    ['1+2x3', [1, 3, 5, 7]],
    ['10-5x2', [10, 5, 0]],
    ['-1.5', [-1.5]],
    ['_ 1 _x2 stale 2', [undefined, 1, undefined, undefined, undefined, 2]],
    ['NaN Inf -Inf 1e3', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1000]],
  ])('reads %s', (text, points) => expect(parseSeries(text)).toEqual(points));

  it.each(['', 'a', '1x', '0.3x 1', '1+', '1+2', '1 2,3'])('refuses %s', (text) =>
    expect(parseSeries(text)).toContain("expected promtool's notation"),
  );

  it.each(['1x999999', '1x99999999999', '_x999999', '_x99999999999', '_x60000 1x60000'])('refuses what would fill the memory: %s', (text) =>
    expect(parseSeries(text)).toBe('more than 100000 values'),
  );
});
