import { describe, expect, it } from 'vitest';
import { failuresOf } from '../../support/testing/run-test-text.ts';

/** One rule that does these steps for the alert Slow. */
function rule(steps: string, extra = ''): Readonly<Record<string, string>> {
  return {
    'rules/shop.yaml': `rules: [{ name: it, summary: it, match: 'alertname="Slow"', mode: auto, subject: kubernetes/default/shop/deployment.apps/web, ladder: [{ remediation: it }], verify: { within: 2m, checks: [{ promql: { query: up, expect: value > 0.0, window: 1s } }] }${extra} }]`,
    'remediations/it.yaml': `{ name: it, summary: it, params: {}, steps: [${steps}] }`,
  };
}

const purge = '{ id: purge, action: kubernetes.exec, with: { namespace: shop, owner: { name: web }, command: purge } }';
const commands = 'config: { commands: { purge: { argv: [cache, purge, --all] } } }\n';

describe('fixpoint test, pods', () => {
  it('answer commands, and the world changes by them', async () => {
    const tests = `
  - name: purged
    state: { cache: full }
    metrics: { up: { cel: 'state.cache == "empty" ? 1.0 : 0.0' } }
    pods: [{ name: web, exec: [{ command: cache purge, stdout: done, set: { cache: empty } }] }]
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect: { runs: [{ rule: it, phase: succeeded, changes: [{}] }], state: { cache: empty }, requests: [] }
  - name: the command fails
    pods: [{ name: web, exec: [{ command: cache, exitCode: 3, stderr: no cache }] }]
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect: { runs: [{ rule: it, phase: failed, reason: ended with 3 }], calls: [{ rule: it }] }`;
    expect(await failuresOf({ tests, extra: commands, files: rule(purge) })).toEqual([]);
  });

  it('have logs, use something, and do not start', async () => {
    const steps = `{ id: logs, action: kubernetes.logs, with: { namespace: shop, owner: { kind: Deployment, name: web } } }, { id: top, action: kubernetes.top, with: { namespace: shop, owner: { name: web } } }, { id: sure, action: flow.assert, with: { that: '\${steps.logs.output.logs[0].lines.exists(line, line.contains("out of memory"))}', otherwise: the log does not say so } }, { id: restart, action: kubernetes.restart, with: { kind: Deployment, namespace: shop, name: web } }`;
    const files = rule(steps);
    const tests = `
  - name: said so
    metrics: { up: 1 }
    pods: [{ name: web, namespace: shop, log: "starting\\nout of memory", usage: { cpu: 500m, memory: 3Gi } }, { name: other, log: fine }]
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect: { runs: [{ rule: it, phase: succeeded, changes: [{ what: pod template restartedAt }] }], holds: ['ready("shop", "web") == 2.0', 'exists("Deployment", "shop", "web")'] }
  - name: did not, and does not start again
    metrics: { up: 1 }
    timeline: [{ at: 0s, pods: [{ name: web, log: out of memory, outcome: crash }], fire: slow }]
    until: 20m
    expect: { runs: [{ rule: it, phase: failed, changes: [{ what: pod template restartedAt }] }], calls: [{ rule: it }], holds: ['ready("shop", "web") < 2.0 || object("Deployment", "shop", "web").status.updatedReplicas < 2'] }`;
    expect(await failuresOf({ tests, files })).toEqual([]);
  });

  it('fifty of them are one incident, and many alerts are a storm', async () => {
    const tests = `
  - name: coalesced
    alerts: { pods: { labels: { alertname: Slow, pod: 'web-{n}' }, count: 50 } }
    metrics: { up: 1 }
    timeline: [{ at: 0s, fire: pods }, { at: 5m, resolve: pods }]
    until: 20m
    expect: { runs: [{ rule: it, phase: succeeded, changes: [{}] }] }
  - name: not while one of them is left
    alerts: { pods: { labels: { alertname: Slow, pod: 'web-{n}' }, count: 2 } }
    metrics: { up: 1 }
    timeline: [{ at: 0s, fire: pods, delivered: false }, { at: 0s, silence: pods, deliver: { firing: pods } }]
    until: 5m
    expect: { runs: [{ rule: it, phase: superseded }] }`;
    const restart = '{ id: restart, action: kubernetes.restart, with: { kind: Deployment, namespace: shop, name: web } }';
    expect(await failuresOf({ tests, files: rule(restart) })).toEqual([]);
    const storm = `
  - name: storm
    alerts: { pods: { labels: { alertname: Slow, pod: 'web-{n}' }, count: 20 } }
    timeline: [{ at: 0s, fire: pods }, { at: 2m, resolve: pods }]
    until: 20m
    expect: { runs: [{ rule: it, phase: superseded, decisions: [{ guard: alertStorm, decision: defer }] }], calls: [{}] }`;
    const extra = 'config: { limits: { storm: { alerts: 10, window: 5m } } }\n';
    expect(await failuresOf({ tests: storm, extra, files: rule(restart) })).toEqual([]);
  });

  it('a rule that its failures have demoted is restored by a person', async () => {
    const restart = '{ id: restart, action: kubernetes.restart, with: { kind: Deployment, namespace: shop, name: web } }';
    const files = rule(restart, ', guards: { cooldown: 1m, attempts: 9, failureBudget: 1/1d }');
    const tests = `
  - name: demoted
    metrics: { up: 0 }
    timeline:
      - { at: 0s, fire: slow }
      - { at: 10m, expect: { runs: [{ rule: it, phase: failed, changes: [{}] }, { rule: it, phase: awaiting-approval, decisions: [{ guard: failureBudget, decision: needs-approval }] }] } }
      - { at: 11m, restore: { rule: it, by: ann }, cancel: { by: ann, reason: again } }
    until: 13m30s
    expect: { runs: [{ rule: it, phase: failed, changes: [{}] }, { rule: it, phase: cancelled }], calls: [{}] }`;
    expect(await failuresOf({ tests, files })).toEqual([]);
  });
});
