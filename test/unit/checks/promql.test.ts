import { describe, expect, it } from 'vitest';
import { lookBackOf } from '../../../src/checks/look-back.ts';
import type { Prometheus, Sample } from '../../../src/ports/prometheus.ts';
import { checkNamed, effectAt, evaluate, problemsOf } from './context.ts';

const query = 'max(rate(errors_total[5m]))';
/** Effect, one scrape, and the window. */
const freshFrom = effectAt + 15_000 + 300_000;
const sample = (value: number, at = freshFrom): Sample => ({ labels: { pod: `p${value}` }, at, value });

async function verdictOf(samples: readonly Sample[], params: object = {}, speed = 1) {
  const prometheus: Prometheus = { query: () => Promise.resolve(samples) };
  return await evaluate('promql', { query, expect: 'value < 0.1', ...params }, { prometheus, speed });
}

describe('promql', () => {
  it('passes with fresh, finite data that meets the condition', async () => {
    expect(await verdictOf([sample(0.05)])).toEqual({
      verdict: 'passed',
      reason: 'value 0.05, expected value < 0.1',
      sampledAt: freshFrom,
    });
  });

  it('fails where the condition is not met', async () => {
    expect(await verdictOf([sample(0.5)])).toMatchObject({ verdict: 'failed', reason: 'value 0.5, expected value < 0.1' });
  });

  it('fails for one bad series of many', async () => {
    expect(await verdictOf([...Array.from({ length: 20 }, () => sample(0.01)), sample(0.7), sample(0.01)])).toMatchObject({
      verdict: 'failed',
      reason: 'value 0.7, expected value < 0.1',
    });
  });

  it.each([
    ['no series', [], 'the query returned no series'],
    ['NaN', [sample(NaN)], 'a series is NaN'],
    ['infinity', [sample(-Infinity)], 'a series is -Infinity'],
    ['NaN among good ones', [sample(0.01), sample(NaN)], 'a series is NaN'],
    ['a stale sample', [sample(0.01, freshFrom - 1000)], 'the oldest sample still looks back past the effect, by 1s'],
    [
      'a stale sample among fresh ones',
      [sample(0.01), sample(0.01, effectAt), sample(0.01)],
      'the oldest sample still looks back past the effect, by 5m15s',
    ],
    ['a bad but stale sample', [sample(0.9, effectAt)], 'the oldest sample still looks back past the effect, by 5m15s'],
  ])('%s is no evidence', async (_name, samples, reason) => {
    expect(await verdictOf(samples)).toMatchObject({ verdict: 'inconclusive', reason });
  });

  it('counts the window that is given, and all lengths by the speed', async () => {
    expect(await verdictOf([sample(0.01, effectAt + 75_000)], { window: '1m' })).toMatchObject({ verdict: 'passed' });
    expect(await verdictOf([sample(0.01, effectAt + 60_000)], { window: '1m', scrape: '1m' })).toMatchObject({ verdict: 'inconclusive' });
    expect(await verdictOf([sample(0.01, effectAt + 31_500)], {}, 10)).toMatchObject({ verdict: 'passed' });
  });

  it('asks the Prometheus of the source, or the one that is named', async () => {
    const asked: unknown[] = [];
    const prometheus: Prometheus = { query: (text, { from, source }) => Promise.resolve((asked.push([text, from, source]), [sample(0)])) };
    await evaluate('promql', { query, expect: 'value < 1.0' }, { prometheus });
    await evaluate('promql', { query, expect: 'value < 1.0', from: 'long-term' }, { prometheus });
    expect(asked).toEqual([
      [query, undefined, 'main'],
      [query, 'long-term', 'main'],
    ]);
  });

  it('knows the labels in its condition', async () => {
    expect(await verdictOf([sample(5), sample(0.01)], { expect: 'value < 0.1 || labels.pod == "p5"' })).toMatchObject({
      verdict: 'passed',
    });
  });

  it.each([
    ['value < 1', 0.5, 'passed'],
    ['value < 1', 1, 'failed'],
    ['value == 0.0', 0, 'passed'],
    ['value == 0.0', 0.5, 'failed'],
    ['value >= 2.0 && value <= 3', 3, 'passed'],
  ])('%s of %f is %s', async (expected, value, verdict) => {
    expect(await verdictOf([sample(value)], { expect: expected })).toMatchObject({ verdict });
  });

  it('throws where a series lacks a label that the condition needs', async () => {
    await expect(verdictOf([sample(0.01)], { expect: 'labels.nope == "x"' })).rejects.toThrow();
  });

  it('holds for as long as it says', () => {
    const { params, holdFor } = checkNamed('promql');
    expect(holdFor(params.parse({ query, expect: 'value < 1.0', for: '1m' }))).toBe(60_000);
    expect(holdFor(params.parse({ query, expect: 'value < 1.0' }))).toBe(0);
  });
});

describe('parameters of promql', () => {
  it.each([
    'value <',
    'valu < 1.0',
    'value',
    'value == 0',
    'value + 1 < 3.0',
    'labels.a',
    '"x"',
    'value < 0.1; 1',
    'labels.a.matches("(a+)+$")',
    'x.map(y, y)',
  ])('the condition %j is refused', (expected) => {
    expect(problemsOf('promql', { query, expect: expected })).toEqual([expect.stringMatching(/^expect: /) as string]);
  });

  it('a condition over an integer is told how to be mended, in one line', () => {
    expect(problemsOf('promql', { query, expect: 'value == 0' })[0]).not.toContain('\n');
    expect(problemsOf('promql', { query, expect: 'value + 1 < 3.0' })[0]).toContain('write 1.0, not 1');
  });

  it.each([
    'up',
    'job:errors:rate5m',
    'sum(up) by (job)',
    'up{path="[5m]"}',
    "up{path=~'[abc]'}",
    'max_over_time(job:errors:rate5m[10m:1m])',
  ])('%s needs a window', (text) => {
    expect(problemsOf('promql', { query: text, expect: 'value < 1.0' })).toEqual([expect.stringMatching(/^window: is needed/) as string]);
    expect(problemsOf('promql', { query: text, expect: 'value < 1.0', window: '5m' })).toEqual([]);
  });

  it.each([{ window: '5 minutes' }, { for: 'long' }, { scrape: -1 }, { query: '' }, { extra: 1 }])('%j is refused', (change) => {
    expect(problemsOf('promql', { query, expect: 'value < 1.0', ...change })).not.toEqual([]);
  });
});

describe('how far back a query looks', () => {
  const minute = 60_000;
  it.each([
    ['rate(a[5m])', 5 * minute],
    ['rate(a[ 5m ]) / rate(b[1h30m])', 90 * minute],
    ['max_over_time(rate(a[5m])[1h:1m])', 65 * minute],
    ['max_over_time(rate(a[5m])[1h:])', 65 * minute],
    ['rate(a[5m] offset 10m)', 15 * minute],
    ['rate(a{x="[9h]"}[5m]) # [8h]', 5 * minute],
    ['a', undefined],
    ['a{x="[5m]"}', undefined],
    ['rate(a[$window])', undefined],
  ])('%s', (text, length) => expect(lookBackOf(text)).toBe(length));
});
