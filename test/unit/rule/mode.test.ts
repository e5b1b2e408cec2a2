import { describe, expect, it } from 'vitest';
import type { Limits } from '../../../src/rule/guard-settings.ts';
import { compileDefinition } from '../../../src/rule/load.ts';
import { alertWith, firstRule, oneRule, positive, problemsOf, shapes } from './shapes.ts';

const rung = 'remediation: scale-deployment, with: { namespace: ns, name: app, replicas: 3 }';

function written(modes: string, { match = 'alertname="A"', more = '' } = {}): string {
  return oneRule(`mode: ${modes}\nladder: [ { ${rung} ${more} } ]\n${positive}`, match);
}

const staging = `{ 'namespace="staging"': auto, 'namespace="lab",tier="low"': plan, 'namespace=~"lab|staging"': approve, otherwise: plan }`;

describe('a mode by labels', () => {
  it.each([
    [{ namespace: 'production' }, 'plan'],
    [{}, 'plan'],
    [{ namespace: 'lab' }, 'approve'],
    [{ namespace: 'lab', tier: 'low' }, 'plan'],
    // The strictest of those that match.
    [{ namespace: 'staging' }, 'approve'],
  ])('for %j is %s', (labels, mode) => {
    const rule = firstRule({ rules: written(staging) });
    expect(rule.modeFor(alertWith(labels))).toBe(mode);
    expect(rule.mode).toBe('auto');
  });

  it('means the same in whatever order it is kept', () => {
    const rule = firstRule({ rules: written(staging) });
    const { mode, ...rest } = rule.definition.rule;
    const turned = Object.fromEntries(Object.entries(mode as Record<string, string>).toReversed());
    const again = compileDefinition({ ...rule.definition, rule: { ...rest, mode: turned } }, shapes);
    expect(again.hash).toBe(rule.hash);
    for (const namespace of ['staging', 'lab', 'x'])
      expect(again.modeFor(alertWith({ namespace }))).toBe(rule.modeFor(alertWith({ namespace })));
  });

  it('is shown as written where it depends on labels, and only there', () => {
    expect(firstRule({ rules: written(`{ 'a="b"': auto, otherwise: approve }`) }).modes).toEqual({
      'a="b"': 'auto',
      'otherwise': 'approve',
    });
    expect(firstRule({ rules: written('auto') }).modes).toBeUndefined();
    expect(firstRule({ rules: written('auto') }).modeFor(alertWith({}))).toBe('auto');
  });

  it('is held to a positive check by the most that it gives', () => {
    const rules = oneRule(`mode: { 'a="b"': auto, otherwise: plan }\nladder: [ { ${rung} } ]\nverify: { checks: [ alertResolved ] }`);
    expect(problemsOf({ rules }).join()).toContain('error: rung scale-deployment has no positive check');
  });

  it('is capped by the limit, each by itself', () => {
    const input = { rules: written(`{ 'a="b"': auto, 'a="c"': approve, otherwise: plan }`), limits: { mode: 'approve' } satisfies Limits };
    const rule = firstRule(input);
    expect(['b', 'c', 'd'].map((a) => rule.modeFor(alertWith({ a })))).toEqual(['approve', 'approve', 'plan']);
    expect(problemsOf(input)).toEqual([
      'rules/a.yaml:5:22: warning: mode auto is over the limit in fixpoint.yaml: the rule runs in mode approve',
    ]);
  });

  it.each([
    [`{ 'a="b"': auto }`, 'mode: expected a key otherwise: the mode where no matcher matches'],
    [`{ 'a="b"': automatic, otherwise: plan }`, 'expected one of observe, plan, approve, auto, found "automatic"'],
    [`{ 'a=~"("': auto, otherwise: plan }`, 'is no RE2 regular expression'],
    [`{ 'a="b"': plan, otherwise: auto }`, 'otherwise: auto allows more than a="b": plan, and an alert that lacks a label would get it'],
    [`{ 'a!="b"': auto, otherwise: plan }`, 'a!="b" also matches an alert without the label'],
    [`[auto]`, 'mode: expected one of observe, plan, approve, auto'],
  ])('%s is an error', (modes, message) => {
    const problems = problemsOf({ rules: written(modes) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('error: ');
    expect(problems[0]).toContain(message);
  });

  it('that can never come is warned of', () => {
    const match = 'alertname="A",namespace=~"shop|shop-staging"';
    const modes = `{ 'namespace="shop-stagng"': auto, otherwise: plan }`;
    expect(problemsOf({ rules: written(modes, { match }) })).toEqual([
      `rules/a.yaml:5:13: warning: namespace="shop-stagng" never matches: the rule's own matchers let no such alert in`,
    ]);
    expect(problemsOf({ rules: written(`{ 'namespace="shop"': auto, otherwise: plan }`, { match }) })).toEqual([]);
  });
});
