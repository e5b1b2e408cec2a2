import { describe, expect, it } from 'vitest';
import { failuresOf } from '../../support/testing/run-test-text.ts';

const scaled = 'changes: [{ what: spec.replicas, from: 2, to: 4 }]';

const cases: Readonly<Record<string, { readonly tests: string; readonly extra?: string }>> = {
  'a pause holds until it is lifted': {
    tests: `
  - name: paused
    timeline:
      - { at: 0s, pause: { by: ann, reason: maintenance }, fire: slow }
      - { at: 10m, expect: { runs: [{ rule: slow, phase: waiting, decisions: [{ guard: paused, decision: defer, reason: maintenance }] }] } }
      - { at: 11m, resume: { by: ann } }
    until: 15m
    expect: { runs: [{ rule: slow, phase: succeeded, endsBefore: 13m, ${scaled} }] }
  - name: a pause of another rule does not
    timeline: [{ at: 0s, pause: { scope: { kind: rule, name: asks }, by: ann, reason: maintenance }, fire: slow }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }] }
  - name: a pause ends by itself
    timeline: [{ at: 0s, pause: { by: ann, reason: maintenance, for: 10m }, fire: slow }]
    until: 15m
    expect: { runs: [{ rule: slow, phase: succeeded, begins: 0s, ${scaled} }] }`,
  },

  'a run is cancelled, and taken back by hand': {
    tests: `
  - name: cancelled
    metrics: { 'latency{app="web"}': 0.3 }
    timeline: [{ at: 0s, fire: slow }, { at: 1m, cancel: { by: ann, reason: stop } }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: cancelled, reason: stop, ${scaled} }] }
  - name: undone
    timeline: [{ at: 0s, fire: slow }, { at: 2m, undo: { by: ann, reason: too much } }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }, { rule: slow, kind: undo, phase: succeeded, changes: [{ from: 4, to: 2 }] }] }`,
  },

  'a person who may not is refused': {
    tests: `
  - name: too late
    timeline: [{ at: 0s, fire: slow }, { at: 3m, cancel: { by: ann, reason: stop, refused: has ended already } }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }] }`,
  },

  'a restart in the middle': {
    tests: `
  - name: restarted
    timeline: [{ at: 0s, fire: slow }, { at: 3s, restart: true }, { at: 6s, restart: true }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }], requests: [PATCH kubernetes /apis/apps/v1/namespaces/shop/deployments/web] }`,
  },

  'a restart frees what hangs': {
    tests: `
  - name: hangs until its time is over
    timeline: [{ at: 0s, clusterFails: [{ request: ^PATCH, never: true, times: 1 }], fire: slow }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ends: 63s, ${scaled} }] }
  - name: another process goes on
    timeline: [{ at: 0s, clusterFails: [{ request: ^PATCH, never: true, times: 1 }], fire: slow }, { at: 3s, restart: true }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ends: 42s, ${scaled} }] }`,
  },

  'a call that is acknowledged': {
    tests: `
  - name: acknowledged
    metrics: { 'latency{app="web"}': 0.3 }
    timeline: [{ at: 0s, fire: slow }, { at: 10m, acknowledge: { by: ann } }]
    until: 14m
    expect: { runs: [{ rule: slow, phase: failed, ${scaled} }], calls: [{ rule: slow, handled: true }] }`,
  },

  'a source that does not answer': {
    tests: `
  - name: no Alertmanager
    timeline: [{ at: 0s, fire: slow, delivered: false }, { at: 1s, down: alertmanager, deliver: { firing: slow } }, { at: 10m, up: alertmanager }]
    until: 20m
    expect: { runs: [{ rule: slow, phase: denied, decisions: [{ guard: stillFiring, decision: deny, reason: could not be answered }] }], calls: [{ rule: slow, at: 10m12s }] }`,
  },

  'limits, windows and notices of a configuration': {
    extra: `
config:
  limits: { mode: approve }
  timeIntervals: { night: [{ times: [{ start_time: '00:00', end_time: '06:00' }] }] }
  notices: [{ on: [approval-asked, run-ended], webhook: { url: 'http://chat.test/hook', format: json } }]
  protected: { targets: ['kubernetes/*/other/*/*'] }
`,
    tests: `
  - name: capped
    timeline: [{ at: 0s, fire: slow }, { at: 1m, approve: { by: ann } }]
    until: 5m
    expect:
      runs: [{ rule: slow, mode: approve, phase: succeeded, ${scaled} }]
      notices: [{ kind: approval-asked, rule: slow }, { kind: run-ended, rule: slow }]`,
  },
};

describe('fixpoint test, people', () => {
  it.each(Object.entries(cases))('%s', async (_name, texts) => {
    expect(await failuresOf(texts)).toEqual([]);
  });
});
