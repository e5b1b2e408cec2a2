import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { purposeOf } from '../../../src/rule/purpose.ts';
import type { ExpectedRun, Expectation } from '../../../src/testing/expectation-schema.ts';
import type { Happening, TestText } from '../../../src/testing/test-file.ts';
import { shippedRules } from '../../support/shipped-rules.ts';
import { kinds, kindsOf, testsIn } from '../../support/testing/kinds-of-tests.ts';

const folder = new URL('../../../rules/tests/', import.meta.url).pathname;
const tests = globSync('*.yaml', { cwd: folder }).flatMap((file) => testsIn(`${folder}${file}`));
const rules = shippedRules();

describe('the tests of the shipped rules', () => {
  it.each(rules.map((rule) => [rule.name, rule] as const))('are of all five kinds for %s', (_name, rule) => {
    const found = new Set(tests.flatMap((test) => kindsOf(test, rule)));
    expect(kinds.filter((kind) => !found.has(kind))).toEqual([]);
  });
});

const [acting, looking, planning] = ['gatekeeper-high-memory', 'gatekeeper-not-starting', 'kube-hpa-maxed-out'].map(
  (name) => rules.find((rule) => rule.name === name) ?? expect.fail(`no rule ${name}`),
) as [Rule, Rule, Rule];
type Rule = (typeof rules)[number];

const alert: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [acting.name]: { alertname: 'HighMemoryUsage' },
  [looking.name]: { alertname: 'GatekeeperNotStarting' },
  [planning.name]: { alertname: 'KubeHpaMaxedOut', horizontalpodautoscaler: 'web' },
};
const fired: readonly Happening[] = [{ at: '0s', fire: 'one' }];

/** The kinds of a test of one alert, by what it expects. */
function kindsFor(rule: Rule, expected: Expectation, timeline = fired): readonly string[] {
  const test: TestText = {
    name: 'a test',
    alerts: { one: { labels: { ...alert[rule.name] } } },
    timeline: [...timeline],
    expect: expected,
  };
  return kindsOf(test, rule);
}

function run(rule: Rule, more: Omit<ExpectedRun, 'rule'>): ExpectedRun {
  return { rule: rule.name, ...more };
}

describe('the kind of a test', () => {
  it('depends on what the rule is for', () => {
    expect([acting, looking, planning].map(purposeOf)).toEqual(['acts', 'looks', 'plans']);
  });

  it('is told by what becomes of a run that acts', () => {
    const call = { rule: acting.name };
    const changes = [{ what: 'limits' }];
    const kindsWith = (more: Omit<ExpectedRun, 'rule'>, calls = [call]) => kindsFor(acting, { runs: [run(acting, more)], calls });
    expect(kindsWith({ phase: 'succeeded', changes }, [])).toEqual(['helps']);
    expect(kindsWith({ phase: 'succeeded', kind: 'undo', changes })).toEqual([]);
    expect(kindsWith({ phase: 'failed', changes })).toEqual(['does not help']);
    expect(kindsWith({ phase: 'expired', rungs: [{ remediation: 'raise-limits', changes }] })).toEqual(['does not help']);
    // Nothing was done, nobody was called, or only about another rule.
    expect(kindsWith({ phase: 'failed' })).toEqual([]);
    expect(kindsWith({ phase: 'failed', changes }, [])).toEqual([]);
    expect(kindsWith({ phase: 'failed', changes }, [{ rule: 'another' }])).toEqual([]);
    expect(kindsWith({ phase: 'denied' })).toEqual(['held by a guard']);
    expect(kindsWith({ decisions: [{ guard: 'window', decision: 'allow' }] })).toEqual([]);
    expect(kindsWith({ phase: 'superseded' }, [])).toEqual(['resolved early']);
  });

  it('is told by what is so in between', () => {
    const held: Happening = { at: '1m', expect: { runs: [run(acting, { decisions: [{ guard: 'paused', decision: 'defer' }] })] } };
    const over = { runs: [run(acting, { phase: 'superseded' })] };
    expect(kindsFor(acting, over, [...fired, held])).toEqual(['held by a guard', 'resolved early']);
  });

  it('is repeated where the same alert is told of twice', () => {
    const expected = { runs: [run(acting, { phase: 'succeeded' })] };
    expect(kindsFor(acting, expected, [...fired, { at: '1m', resend: ['one'] }])).toEqual(['helps', 'repeated']);
    expect(kindsFor(acting, expected, [...fired, { at: '1m', deliver: { firing: 'one' } }])).toContain('repeated');
    expect(kindsFor(acting, expected, [...fired, { at: '1m', resend: 'another' }])).toEqual(['helps']);
    expect(
      kindsFor(acting, expected, [
        { at: '0s', fire: 'one', delivered: false },
        { at: '1m', resend: 'one' },
      ]),
    ).toEqual(['helps']);
  });

  it('of a rule that only looks is told by its call', () => {
    const failed = { runs: [run(looking, { phase: 'failed' })] };
    expect(kindsFor(looking, { ...failed, calls: [{ rule: looking.name }] })).toEqual(['does not help']);
    expect(kindsFor(looking, { ...failed, calls: [{ rule: looking.name, handled: true }] })).toEqual(['helps']);
    expect(kindsFor(looking, failed)).toEqual([]);
    const resolved: Happening = { at: '5m', resolve: 'one' };
    expect(kindsFor(looking, { ...failed, calls: [{ rule: looking.name }] }, [...fired, resolved])).toEqual([]);
  });

  it('of a rule that only plans is told by its plan, and by what was not sent', () => {
    expect(kindsFor(planning, { runs: [run(planning, { phase: 'planned' })], requests: [] })).toEqual(['helps', 'held by a guard']);
    expect(kindsFor(planning, { runs: [run(planning, { phase: 'planned' })] })).toEqual(['helps']);
    expect(kindsFor(planning, { runs: [run(planning, { phase: 'failed' })], calls: [{ rule: planning.name }] })).toEqual(['does not help']);
    expect(kindsFor(planning, { runs: [] })).toEqual(['resolved early']);
    expect(kindsFor(planning, { runs: [] }, [{ at: '0s', fire: 'another' }])).toEqual([]);
  });
});
