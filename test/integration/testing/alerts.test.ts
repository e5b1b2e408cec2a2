import { describe, expect, it } from 'vitest';
import { failuresOf } from '../../support/testing/run-test-text.ts';

const scaled =
  'rungs: [{ remediation: scale, state: succeeded, changes: [{ target: deployment.apps/web, what: spec.replicas, from: 2, to: 4 }] }]';
const undone = '{ rule: slow, kind: undo, phase: succeeded, changes: [{ what: spec.replicas, from: 4, to: 2 }] }';

const cases: Readonly<Record<string, string>> = {
  'an alert that fires and resolves': `
  - name: helps
    timeline: [{ at: 0s, fire: slow }, { at: 6m, resolve: slow }]
    until: 12m
    expect:
      runs: [{ rule: slow, phase: succeeded, attempt: 1, mode: auto, begins: 0s, endsBefore: 1m, ${scaled} }]
      objects: [{ kind: Deployment, namespace: shop, name: web, has: { spec: { replicas: 4 }, status: { readyReplicas: 4 } } }]`,

  'what is taken back once all is over': `
  - name: undone
    timeline: [{ at: 0s, fire: slow }, { at: 6m, resolve: slow }]
    until: 1h
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }, ${undone}] }`,

  'sent again and in duplicate': `
  - name: repeated
    timeline:
      - { at: 0s, fire: slow }
      - { at: 1s, resend: slow }
      - { at: 1s, resend: slow }
      - { at: 10s, resend: slow }
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }] }`,

  'resolved before firing': `
  - name: reordered
    timeline:
      - { at: 0s, fire: slow, delivered: false }
      - { at: 20s, resolve: slow, delivered: false }
      - { at: 21s, deliver: { resolved: slow } }
      - { at: 22s, deliver: { firing: slow } }
    expect: { runs: [] }`,

  'resolved before anything was done': `
  - name: early
    timeline:
      - { at: 0s, fire: [database, slow] }
      - { at: 1m, resolve: slow }
    until: 1h
    expect: { runs: [{ rule: slow, phase: superseded, reason: resolved }] }`,

  'a webhook that was lost': `
  - name: lost
    timeline: [{ at: 0s, fire: database }, { at: 1m, fire: slow, delivered: false }, { at: 1m, resolve: database }]
    until: 10m
    expect: { runs: [{ rule: slow, begins: 3m, phase: succeeded, ${scaled} }] }`,

  'a resolved that was lost': `
  - name: lost end
    timeline: [{ at: 0s, fire: slow }, { at: 6m, resolve: slow, delivered: false }]
    until: 1h
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }, ${undone}] }`,

  'held while another alert fires': `
  - name: held
    timeline:
      - { at: 0s, fire: database, delivered: false }
      - { at: 0s, fire: slow }
      - at: 5m
        expect: { runs: [{ rule: slow, phase: waiting, decisions: [{ guard: holdWhile, decision: defer, reason: DatabaseDown }] }], objects: [{ kind: Deployment, namespace: shop, name: web, has: { spec: { replicas: 2 } } }] }
      - { at: 6m, resolve: database }
    until: 10m
    expect: { runs: [{ rule: slow, phase: succeeded, begins: 0s, ${scaled} }] }`,

  'silenced in Alertmanager': `
  - name: silenced
    timeline: [{ at: 0s, fire: slow, delivered: false }, { at: 0s, silence: slow }, { at: 1s, deliver: { firing: slow } }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: superseded, decisions: [{ guard: stillFiring, decision: supersede, reason: silence }] }] }`,

  'an alert that no rule can handle': `
  - name: refused
    timeline: [{ at: 0s, fire: labelled }]
    until: 1m
    expect: { refused: [the alert has no label app] }`,

  'it does not help, twice, and a person is called': `
  - name: does not help
    metrics: { 'latency{app="web"}': 0.3 }
    timeline: [{ at: 0s, fire: slow }]
    until: 30m
    expect:
      runs:
        - { rule: slow, attempt: 1, phase: failed, reason: did not help, rungs: [{ remediation: scale, state: failed, changes: [{ from: 2, to: 4 }], verdicts: [{ check: promql, verdict: failed, reason: value 0.3 }] }] }
        - { rule: slow, attempt: 2, phase: failed, rungs: [{ remediation: scale, state: skipped }] }
      calls: [{ rule: slow, severity: critical, reason: did not help }]`,

  'a second incident meets the cooldown': `
  - name: cooldown
    timeline:
      - { at: 0s, fire: slow }
      - { at: 1m, resolve: slow }
      - { at: 8m, change: [{ kind: Deployment, namespace: shop, name: web, merge: { spec: { replicas: 2 } } }] }
      - { at: 9m, fire: slow }
    until: 14m
    expect:
      runs:
        - { rule: slow, phase: succeeded, changes: [{ from: 2, to: 4 }] }
        - { rule: slow, phase: denied, decisions: [{ guard: cooldown, decision: deny }] }`,
};

describe('fixpoint test, alerts', () => {
  it.each(Object.entries(cases))('%s', async (_name, tests) => {
    expect(await failuresOf({ tests })).toEqual([]);
  });

  it('does not pass what did not happen', async () => {
    const [first = ''] = Object.values(cases);
    const wrong: readonly (readonly [right: string, wrong: string, said: string])[] = [
      ['to: 4', 'to: 5', 'spec.replicas: 2 → 5'],
      ['phase: succeeded', 'phase: failed', 'expected failed'],
      ['begins: 0s', 'begins: 5s', 'expected 5s; got 0s'],
      ['endsBefore: 1m', 'endsBefore: 5s', 'before 5s'],
      ['replicas: 4', 'replicas: 3', 'spec, replicas; expected 3; got 4'],
      ['attempt: 1', 'attempt: 2', 'expected 2; got 1'],
      ['mode: auto', 'mode: approve', 'expected approve; got auto'],
    ];
    for (const [right, other, said] of wrong) {
      expect(first).toContain(right);
      expect(await failuresOf({ tests: first.replace(right, other) })).toEqual([expect.stringContaining(said)]);
    }
  });
});
