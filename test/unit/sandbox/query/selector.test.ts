import { describe, expect, it } from 'vitest';
import { matchesLabels } from '../../../../src/sandbox/query/present-series.ts';
import { parseFilter, parseSelector, SelectorError } from '../../../../src/sandbox/query/selector.ts';

const labels = { __name__: 'pg_up', platform: 'llm-guardrails', namespace: 'guardrails-platform' };

function selects(selector: string): boolean {
  return matchesLabels(labels, parseSelector(selector));
}

describe('parseSelector', () => {
  it.each([
    'pg_up',
    ' pg_up { } ',
    'pg_up{platform="llm-guardrails"}',
    `pg_up{platform='llm-guardrails',}`,
    'pg_up{platform=`llm-guardrails`, namespace=~"guard.*"}',
    '{__name__="pg_up"}',
    '{__name__=~"pg_.+", platform!="llm-research", namespace!~"research|lab"}',
    'pg_up{absent=""}',
    String.raw`pg_up{platform="llm\u002dguardrails"}`,
  ])('selects by %s', (selector) => {
    expect(selects(selector)).toBe(true);
  });

  it.each([
    'pg_down',
    'pg_up{platform="llm"}',
    'pg_up{namespace=~"guard"}',
    'pg_up{platform!="llm-guardrails"}',
    'pg_up{platform!~"llm.*"}',
    'pg_up{absent!=""}',
  ])('leaves out by %s', (selector) => {
    expect(selects(selector)).toBe(false);
  });

  it.each([
    '',
    '{}',
    '{a=~".*"}',
    'rate(pg_up[1m])',
    'pg_up[1m]',
    'pg_up offset 5m',
    'pg_up == 0',
    'pg_up{platform=llm}',
    'pg_up{platform="llm"',
    'pg_up{platform="a" namespace="b"}',
    'pg_up{,}',
    'pg_up{a=~"("}',
    String.raw`pg_up{a="\U99999999"}`,
    '42',
  ])('refuses %j', (selector) => {
    expect(() => parseSelector(selector)).toThrow(SelectorError);
  });

  it('is quick with an expression made to be slow', () => {
    const slow = parseSelector(`pg_up{platform=~"(a+)+b"}`);

    expect(matchesLabels({ ...labels, platform: 'a'.repeat(5000) }, slow)).toBe(false);
  });
});

describe('parseFilter', () => {
  it.each([
    'platform="llm-guardrails"',
    'platform=llm-guardrails',
    '{platform="llm-guardrails"}',
    'platform=~llm-.*',
    'absent!="x"',
    'absent=',
  ])('accepts %s', (filter) => {
    expect(matchesLabels(labels, parseFilter(filter))).toBe(true);
  });

  it.each(['platform', '="x"', 'platform="x', 'a=~("'])('refuses %s', (filter) => {
    expect(() => parseFilter(filter)).toThrow(SelectorError);
  });
});
