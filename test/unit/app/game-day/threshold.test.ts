import { describe, expect, it } from 'vitest';
import { isBeyond, mostTelling, thresholdOf } from '../../../../src/app/game-day/threshold.ts';

describe('thresholdOf', () => {
  it.each([
    ['guardrail:p99 > 0.1', { query: 'guardrail:p99', operator: '>', limit: 0.1 }],
    ['pg_up == 0', { query: 'pg_up', operator: '==', limit: 0 }],
    ['max by (model) (a{x!="y"}) == 1', { query: 'max by (model) (a{x!="y"})', operator: '==', limit: 1 }],
    ['rate(a[5m])\n  >= 1e3', { query: 'rate(a[5m])', operator: '>=', limit: 1000 }],
    ['free <= -1', { query: 'free', operator: '<=', limit: -1 }],
  ])('%s', (expression, threshold) => {
    expect(thresholdOf(expression)).toEqual(threshold);
  });

  it.each(['a > b', 'absent(up)', 'a > 1 and b > 2', 'a > 1 unless on() b == 0'])(
    '%s compares nothing that could be told',
    (expression) => {
      expect(thresholdOf(expression)).toBeUndefined();
    },
  );
});

describe('what is beyond a threshold', () => {
  const above = { query: 'q', operator: '>', limit: 1 } as const;

  it('is told exactly', () => {
    expect([0.9, 1, 1.1].map((value) => isBeyond(above, value))).toEqual([false, false, true]);
    expect([0, 1].map((value) => isBeyond({ ...above, operator: '==' }, value))).toEqual([false, true]);
  });

  it('is told by the series nearest to it', () => {
    expect(mostTelling(above, [0.2, NaN, 0.8])).toBe(0.8);
    expect(mostTelling({ ...above, operator: '<' }, [3, 2])).toBe(2);
    expect(mostTelling({ ...above, operator: '==', limit: 0 }, [1, 0, 1])).toBe(0);
    expect(mostTelling(above, [NaN])).toBeUndefined();
  });
});
