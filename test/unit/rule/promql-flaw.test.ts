import { describe, expect, it } from 'vitest';
import { findFlaw } from '../../../src/rule/promql-flaw.ts';

/** What Prometheus 2.42 reads, as its promtool says. */
const old = [
  'up',
  'sum(rate(x{a="b"}[5m])) by (le)',
  'SUM BY (a,) (x)',
  'sum by (group, offset, on, bool, start, end, by) (x)',
  'x offset -5m',
  'x offset 1h5m @ 12.5',
  'x @ start()',
  'x[5m] @ end() offset 5m',
  'x[5m:1m]',
  'max_over_time(rate(x[5m])[30m:] @ end()) offset 1d',
  'x == bool 1',
  '{__name__=~"a.+",}',
  'a / on (x) group_left b',
  'a * ignoring(x) group_right() b',
  'a and b or c unless d',
  'histogram_quantile(0.9, sum by (le) (rate(x[5m])))',
  'histogram_count(x) / histogram_fraction(0, 0.2, x)',
  '-x ^ -2 atan2 1 - -1 % 0x1F + 1e-5 + .5 - Inf',
  'x{offset="1", by="2", on="3", bool="x", inf="1", start="a", sum="x"}',
  'sum + count{a="b"} - avg',
  'holt_winters(x[5m], 0.5, 0.5)',
  'topk(5, x) + count_values("v", x)',
  'label_replace(x, "a", "$1", "b", "(.*")',
  'x # a comment with ( and "',
  'x{a=\'(\', b=`]\\`, c="\\"{"}',
  'absent(x) or on() vector(1)',
];

/** What only later ones read. */
const recent = [
  '{"foo.bar", "a.b"="c", d="e"}',
  'sum by ("a.b") (x) / on ("z.z") group_left ("y") z',
  'histogram_avg(rate(x[5m]))',
  'x[300] offset 300',
  'limitk(5, x) + limit_ratio(0.1, x) + mad_over_time(x[5m])',
  'double_exponential_smoothing(x[5m], 0.5, 0.5)',
  'info(x, {a="b"})',
  'rate(x[max_of(5m, step())])',
  'increase(x[5m] anchored)',
  'first_over_time(x[5m])',
];

function flawOf(query: string) {
  const flaw = findFlaw(query);
  return flaw && [flaw.offset, flaw.found, flaw.problem, flaw.isCertain ? 'certain' : 'as far as known'];
}

describe('a query', () => {
  it.each([...old, ...recent])('has no flaw: %s', (query) => expect(findFlaw(query)).toBeUndefined());

  it.each([
    ['sum(rate(x[5m])', 3, '(', 'is never closed'],
    ['x{', 1, '{', 'is never closed'],
    ['x{a="b"', 1, '{', 'is never closed'],
    ['rate(x[5m)', 9, ')', 'cannot close ['],
    ['{a="b"]', 6, ']', 'cannot close {'],
    ['(x))', 3, ')', 'closes nothing'],
    ['x{a="b}', 4, '"', 'is never closed'],
    ["x{a='b\n'}", 4, "'", 'is never closed'],
    ['x{a=`b}', 4, '`', 'is never closed'],
    ['x{a="b\\"}', 4, '"', 'is never closed'],
    ['sum(x # )', 3, '(', 'is never closed'],
  ])('has one that no Prometheus could read: %s', (query, ...told) => expect(flawOf(query)).toEqual([...told, 'certain']));

  it.each([
    ['rat(x[5m])', 0, 'rat', 'is no known function'],
    ['1 + foo (x)', 4, 'foo', 'is no known function'],
    ['x y', 2, 'y', 'is not expected here'],
    ['x{a=}', 4, '}', 'is not expected here'],
    ['x{a=b}', 4, 'b', 'is not expected here'],
    ['x{a="b" c="d"}', 8, 'c', 'is not expected here'],
    ['topk(5 x)', 7, 'x', 'is not expected here'],
    ['x = 1', 2, '=', 'is not expected here'],
    ['rate(x[])', 7, ']', 'is not expected here'],
    ['rate(x[5minutes])', 7, '5minutes', 'is not expected here'],
    ['rate(x[$__interval])', 7, '$', 'is not expected here'],
    ['a.b', 1, '.b', 'is not expected here'],
    ['x +', 3, 'the end', 'comes too early'],
    ['sum(x) by ', 10, 'the end', 'comes too early'],
    ['', 0, 'the end', 'comes too early'],
  ])('has one that the grammar does not know: %s', (query, ...told) => expect(flawOf(query)).toEqual([...told, 'as far as known']));
});
