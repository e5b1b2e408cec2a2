import { describe, expect, it } from 'vitest';
import { failuresOf } from '../../support/testing/run-test-text.ts';

const runs = `
        - rule: slow
          kind: remediation
          attempt: 1
          subject: deployment.apps/web
          phase: failed
          reason: did not help
          recurred: false
          ends: 5m3s
          decisions: [{ guard: cooldown, decision: allow }]
          rungs:
            - remediation: scale
              state: failed
              reason: did not help
              changes: [{ target: deployment.apps/web, what: spec.replicas, from: 2, to: 4 }]
              verdicts: [{ check: promql, verdict: failed, reason: value 0.3 }]`;

const right = `
  - name: does not help
    metrics: { 'latency{app="web"}': 0.3 }
    state: { breaker: open }
    timeline: [{ at: 0s, fire: [slow, labelled] }]
    until: 10m
    expect:
      runs: ${runs}
      calls: [{ title: Slow, rule: slow, severity: critical, reason: did not help, at: 5m4s, handled: false }]
      objects:
        - { kind: Deployment, namespace: shop, name: web, has: { spec: { replicas: 4 } } }
        - { kind: Pod, namespace: shop, name: none, absent: true }
      requests: [PATCH kubernetes /apis/apps/v1/namespaces/shop/deployments/web]
      state: { breaker: open }
      holds: ['ready("shop", "web") == 4.0']
      refused: [the alert has no label app]`;

/** What is written otherwise, and what is said of it. */
const wrong: readonly (readonly [from: string, to: string, said: string])[] = [
  ['kind: remediation', 'kind: undo', 'kind; expected undo; got remediation'],
  ['subject: deployment.apps/web', 'subject: deployment.apps/api', 'subject; expected … deployment.apps/api …'],
  ['reason: did not help\n          recurred', 'reason: it rained\n          recurred', 'reason; expected … it rained …'],
  ['recurred: false', 'recurred: true', 'recurred; expected true; got false'],
  ['ends: 5m3s', 'ends: 5m4s', 'ends; expected 5m4s; got 5m3s814ms'],
  ['state: failed', 'state: succeeded', 'state of scale; expected succeeded; got failed'],
  ['reason: did not help\n              changes', 'reason: it rained\n              changes', 'reason; expected … it rained …'],
  ['target: deployment.apps/web', 'target: deployment.apps/api', 'changes of scale: change 1'],
  ['what: spec.replicas', 'what: spec.paused', 'changes of scale: change 1'],
  ['from: 2', 'from: 3', 'changes of scale: change 1'],
  ['verdict: failed', 'verdict: passed', 'verdict on scale; expected promql passed: value 0.3'],
  ['reason: value 0.3', 'reason: value 0.4', 'verdict on scale; expected promql failed: value 0.4'],
  ['to: 4 }]', 'to: 4 }, { to: 5 }]', 'changes of scale: change 2 was not made'],
  ['decision: allow', 'decision: deny', 'guard cooldown did not say so; expected deny; got allow'],
  ['title: Slow', 'title: Quick', 'call 1: title; expected Quick'],
  ['rule: slow, severity', 'rule: asks, severity', 'call 1: rule; expected asks; got slow'],
  ['severity: critical', 'severity: warning', 'call 1: severity; expected warning; got critical'],
  ['reason: did not help, at', 'reason: it rained, at', 'call 1: reason; expected it rained'],
  ['at: 5m4s', 'at: 5m5s', 'call 1: at; expected 5m5s; got 5m4s'],
  ['handled: false', 'handled: true', 'call 1: handled; expected true; got false'],
  ['handled: false }]', 'handled: false }, { rule: slow }]', 'call 2 was not made'],
  ['name: none, absent: true', 'name: none', 'there is no Pod shop/none'],
  ['has: { spec: { replicas: 4 } }', 'absent: true', 'Deployment shop/web is there'],
  ['deployments/web]', 'deployments/api]', 'request 1 is another one'],
  ['deployments/web]', 'deployments/web, DELETE]', 'request 2 is missing'],
  ['requests: [PATCH kubernetes /apis/apps/v1/namespaces/shop/deployments/web]', 'requests: []', 'request 1 is not expected'],
  ['      state: { breaker: open }', '      state: { breaker: closed }', 'state breaker; expected "closed"; got "open"'],
  ['== 4.0', '== 5.0', 'it does not hold'],
  ['      refused: [the alert has no label app]', '', 'refusal 1 is not expected'],
];

describe('fixpoint test', () => {
  it('passes what has happened', async () => {
    expect(await failuresOf({ tests: right })).toEqual([]);
  });

  it.each(wrong)('does not pass with %j instead of %j', async (from, to, said) => {
    expect(right).toContain(from);
    expect(await failuresOf({ tests: right.replace(from, to) })).toEqual([expect.stringContaining(said)]);
  });

  it('does not pass a run or a rung that there was not, and not one that it does not name', async () => {
    const further = right.replace('      calls:', '        - { rule: slow, attempt: 2 }\n      calls:');
    expect(await failuresOf({ tests: further })).toEqual([expect.stringContaining('run 2 was not made; expected a run of rule slow')]);
    const rung = right.replace('      calls:', '            - { remediation: scale }\n      calls:');
    expect(await failuresOf({ tests: rung })).toEqual([expect.stringContaining('rung 2 was not tried; expected scale')]);
    expect(await failuresOf({ tests: right.replace(`runs: ${runs}`, 'runs: []') })).toEqual([
      expect.stringContaining('run 1 is not expected'),
    ]);
    expect(await failuresOf({ tests: right.replace(/rungs:[^]*? {6}calls:/, 'rungs: []\n      calls:') })).toEqual([
      expect.stringContaining('rung 1 is not expected; got scale failed'),
    ]);
  });

  it('does not pass what a person was not refused', async () => {
    const refused = `
  - name: not refused
    timeline: [{ at: 0s, fire: slow }, { at: 2m, undo: { by: ann, reason: too much, refused: something } }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, changes: [{ to: 4 }] }, { rule: slow, kind: undo, phase: succeeded, changes: [{ to: 2 }] }] }`;
    expect(await failuresOf({ tests: refused })).toEqual([expect.stringContaining('it was not refused')]);
  });
});
