import { describe, expect, it } from 'vitest';
import { fixpoint } from '../../unit/cli/fake-service.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { failuresOf } from '../../support/testing/run-test-text.ts';

describe('a file of tests with errors', () => {
  it('is told all of them at once, with line, column and the nearest word', async () => {
    const tests = `rules: ../shop.yaml
platfrom: llm-guardrails
alerts:
  slow: { labels: { alertname: Slow } }
metrics:
  'latency': '0.3x 1'
  'other': { cel: 'raedy("a", "b")' }
tests:
  - name: one
    timeline:
      - { at: 0s, fire: slwo }
      - { at: soon, fire: slow }
    expect: { runs: [{ rule: solw, phase: succeded }] }
  - name: two
    timeline:
      - { at: 0s, fier: slow }
      - { at: 0s }
    expect: {}
`;
    expect(await failuresOf({ tests })).toContain('2:1: unknown key platfrom; did you mean platform?');
    expect(await failuresOf({ tests: tests.replace('platfrom: llm-guardrails\n', '') })).toMatchInlineSnapshot(`
      [
        "5:14: 0.3x is no value: expected promtool's notation, such as 0.3x10 0.05, 1+2x5 or _x3",
        "6:19: found no matching overload for 'raedy(string, string)'",
        "11:15: at: expected a duration such as 30s, 5m or 1h30m, found "soon"",
        "12:43: phase: expected one of queued, planning, awaiting-approval, applying, settling, verifying, waiting, undoing, succeeded, failed, denied, superseded, expired, cancelled, interrupted, planned, observed, found "succeded"",
        "10:25: there is no alert slwo; did you mean slow?",
        "12:30: there is no rule solw; did you mean slow?",
        "15:19: unknown key fier; did you mean fire?",
        "15:9: timeline: nothing happens here",
        "16:9: timeline: nothing happens here",
      ]
    `);
  });

  it('names rules, remediations, guards and alerts that there are not', async () => {
    const tests = `
  - name: one
    timeline: [{ at: 0s, fire: [slow, lsow], deliver: { resolved: nothing-like-it } }, { at: 1s, approve: { rule: ask, by: ann } }]
    expect:
      runs: [{ rule: slow, rungs: [{ remediation: scael }], decisions: [{ guard: cooldwon }] }]
      calls: [{ rule: exhaustde }]`;
    expect(await failuresOf({ tests })).toMatchInlineSnapshot(`
      [
        "15:39: there is no alert lsow; did you mean slow?",
        "15:67: there is no alert nothing-like-it; there are: slow, database, asks, full, exhausted, labelled",
        "15:115: there is no rule ask; did you mean asks?",
        "17:82: there is no guard cooldwon; did you mean cooldown?",
        "17:51: there is no remediation in rule slow scael; did you mean scale?",
        "18:23: there is no rule exhaustde; did you mean exhausted?",
      ]
    `);
  });

  it('names what no simulated world has, and what comes too late', async () => {
    const tests = `
  - name: one
    alerts: { other: { labels: { alertname: Other }, source: mian } }
    objects:
      - { apiVersion: apps/v1, kind: Deploymnet, metadata: { name: a } }
      - { apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { replicas: many } }
    timeline:
      - { at: 0s, ill: high-latency }
      - { at: 2h, delete: [{ kind: Pdo, name: a }] }
    until: 1h
    expect: { objects: [{ kind: Deplyoment, name: a }] }`;
    expect(await failuresOf({ tests })).toMatchInlineSnapshot(`
      [
        "15:62: there is no source mian; did you mean main?",
        "17:38: there is no kind Deploymnet; did you mean Deployment?",
        "18:9: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        "20:24: there is no simulated platform that could fall ill; name one under platform",
        "21:36: there is no kind Pdo; did you mean Pod?",
        "21:15: this is after 1h, when the test is over",
        "23:33: there is no kind Deplyoment; did you mean Deployment?",
      ]
    `);
    const ofPlatform = `platform: llm-guardrials
tests: []`;
    expect(await failuresOf({ tests: ofPlatform })).toEqual([
      '1:11: there is no simulated platform llm-guardrials; did you mean llm-guardrails?',
    ]);
    const ofFault = `platform: llm-guardrails
tests: [{ name: a, timeline: [{ at: 0s, ill: hihg-latency-stubborn }], expect: {} }]`;
    expect(await failuresOf({ tests: ofFault })).toEqual([
      '2:46: there is no fault of llm-guardrails hihg-latency-stubborn; did you mean high-latency-stubborn?',
    ]);
  });

  it('tells of misspelt keys and misspelt names together, each where it stands', async () => {
    const tests = `platform: llm-guardrails
intreval: 1m
tests:
  - name: a
    timeline:
      - { at: 0s, pause: { by: ann } }
      - { at: 0s, ill: hihg-latency-stubborn, hael: true }
      - { at: 1m, fire: nothing }
    expect: { runs: [{ rule: r, phase: succeded }] }
  - { name: b, timline: [], timeline: [{ at: 0s, ill: nonsense }] }
`;
    expect(await failuresOf({ tests })).toMatchInlineSnapshot(`
      [
        "2:1: unknown key intreval; did you mean interval?",
        "6:26: reason is missing",
        "7:47: unknown key hael; did you mean heal?",
        "9:40: phase: expected one of queued, planning, awaiting-approval, applying, settling, verifying, waiting, undoing, succeeded, failed, denied, superseded, expired, cancelled, interrupted, planned, observed, found "succeded"",
        "7:24: there is no fault of llm-guardrails hihg-latency-stubborn; did you mean high-latency-stubborn?",
        "8:25: there is no alert nothing; there are: none",
        "9:30: there is no rule r; there are: slow, asks, full, exhausted, labelled",
        "10:5: expect is missing",
        "10:16: unknown key timline; did you mean timeline?",
        "10:55: there is no fault of llm-guardrails nonsense; there are: high-latency, high-latency-stubborn, stuck-breaker, stuck-breaker-stubborn, all-models-down, all-models-down-stubborn, database-down, database-down-stubborn, primary-lost, primary-lost-stubborn, data-lost, data-lost-stubborn, memory-full, memory-full-stubborn, stale-cache, stale-cache-stubborn, single-model-down, single-model-down-stubborn",
      ]
    `);
  });

  it('that are in its rules, too', async () => {
    const files = { 'rules/shop.yaml': 'rules:\n  - name: slow\n    sumary: x\n    match: a="b"\n    ladder: [{ remediation: scale }]\n' };
    const tests = `
  - name: one
    timeline: []
    expect: {}`;
    const failures = await failuresOf({ tests, files });
    expect(failures).toContainEqual('3:5: unknown key sumary; did you mean summary?');
  });

  it('that is not there', async () => {
    expect(await fixpoint(['test', '/nowhere'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no file or folder /nowhere') as string,
    });
  });

  it('that is not in the folder that was named: nothing tested is nothing passed', async () => {
    const folder = temporaryFolder();
    try {
      expect(await fixpoint(['test', folder.path])).toMatchObject({
        code: 1,
        err: expect.stringContaining(`there is no YAML file in ${folder.path}`) as string,
      });
    } finally {
      folder.remove();
    }
  });
});
