import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixpoint } from '../../unit/cli/fake-service.ts';
import { failuresOf, writeTests } from '../../support/testing/run-test-text.ts';

/** After its first week. */
const example = readFileSync(new URL('../../../fixpoint.example.yaml', import.meta.url), 'utf8').replace(
  /(?<=^limits:\n( {2}#.*\n)*) {2}mode: plan\n/m,
  '',
);
const own = `
limits: { mode: plan }
timeIntervals: { night: [{ times: [{ start_time: '00:00', end_time: '06:00' }] }] }
sources:
  east: { evidence: api, alertmanager: 'http://am.east:9093', labels: { cluster: east } }
  west: { evidence: receipt, labels: { cluster: west } }
protected: { namespaces: [shop] }
`;

const planned = `
  - name: planned only
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect: { runs: [{ rule: slow, mode: plan, phase: planned, rungs: [{ remediation: scale, state: planned, changes: [{ from: 2, to: 4 }] }] }] }`;

describe('the configuration of tests', () => {
  it('may be the one that runs, without its secrets', async () => {
    const tests = `
  - name: sent by its source, and told to its channels
    metrics: { 'latency{app="web"}': 0.3 }
    timeline: [{ at: 0s, fire: slow }]
    until: 10m
    expect:
      runs: [{ rule: slow, phase: failed, changes: [{ to: 4 }] }]
      calls: [{ rule: slow }]
      notices: [{ kind: run-ended, rule: slow }]`;
    expect(await failuresOf({ tests, extra: 'config: ../../fixpoint.yaml\n', files: { 'fixpoint.yaml': example } })).toEqual([]);
  });

  it('is named by the file, or by --config, or is none', async () => {
    const named = { tests: planned, extra: 'config: own.yaml\n', files: { 'rules/tests/own.yaml': 'limits: { mode: plan }\n' } };
    expect(await failuresOf(named)).toEqual([]);
    const written = writeTests({ tests: planned, files: { 'own.yaml': own.replace('protected: { namespaces: [shop] }', '') } });
    try {
      expect(await fixpoint(['test', written.path, '--config', join(written.folder, 'own.yaml')])).toMatchObject({ code: 0 });
      expect(await fixpoint(['test', written.path])).toMatchObject({ code: 1, out: expect.stringContaining('got       auto') as string });
    } finally {
      written.remove();
    }
  });

  it('tells sources apart, protects and limits', async () => {
    const tests = `
  - name: a source that cannot be asked
    alerts: { slow: { labels: { alertname: Slow, app: web }, source: west } }
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: planned, rungs: [{ remediation: scale, changes: [{ to: 4 }] }] }] }
  - name: what is protected
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: denied, decisions: [{ guard: protectedTarget, decision: deny }] }], calls: [{ rule: slow }] }`;
    const [first = '', second = ''] = tests.split(/(?=\n {2}- name: what)/);
    expect(await failuresOf({ tests: first, extra: 'config: own.yaml\n', files: { 'rules/tests/own.yaml': own } })).toEqual([]);
    const acting = own.replace('limits: { mode: plan }', '');
    expect(await failuresOf({ tests: second, extra: 'config: own.yaml\n', files: { 'rules/tests/own.yaml': acting } })).toEqual([]);
  });

  it('that is wrong is an error of the file', async () => {
    const extra = 'config: { limist: { mode: plan } }\n';
    expect(await failuresOf({ tests: planned, extra })).toEqual([expect.stringContaining('unknown key limist; did you mean limits?')]);
    const named = { tests: planned, extra: 'config: none.yaml\n' };
    expect(await failuresOf(named)).toEqual([expect.stringContaining('there is no such file')]);
  });
});
