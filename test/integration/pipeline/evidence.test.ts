import { describe, expect, it } from 'vitest';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const reading = (escalate: string): string =>
  rulesFile(slowRule({ ladder: '[{ remediation: look }]' })).replace('{ severity: critical }', escalate);

describe('a rule that only reads', () => {
  it('calls a person with what was read, and with what could not be', async () => {
    const rig = new PipelineRig({ rules: reading('{ severity: warning, evidence: true }') });
    rig.prometheus = () => [{ labels: { pod: 'web-1\n\u202E' }, at: rig.clock.now(), value: 7 }];
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();

    expect([run.phase, run.reason]).toEqual(['failed', 'nothing to change in any rung of the ladder']);
    expect(rig.paged).toHaveLength(1);
    const lines = rig.paged[0]?.text.split('\n') ?? [];
    const found = lines.slice(lines.indexOf('What was read:'), lines.indexOf('What was read:') + 3);
    expect(found).toEqual([
      'What was read:',
      expect.stringMatching(/^ {3}slowness: .*"value":7/) as string,
      expect.stringMatching(/^ {3}memory: not read: /) as string,
    ]);
    expect(found.join('')).not.toMatch(/\u202E/);
    expect(run.charged).toBe(false);
  });

  it('calls without it where the rule does not ask for it', async () => {
    const rig = new PipelineRig({ rules: reading('{ severity: warning }') });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();

    expect(rig.paged[0]?.text).not.toContain('What was read');
  });

  it('bounds what it tells', async () => {
    const rig = new PipelineRig({ rules: reading('{ evidence: true }') });
    rig.prometheus = () =>
      Array.from({ length: 50 }, (_, pod) => ({ labels: { pod: 'x'.repeat(200) + pod }, at: rig.clock.now(), value: 1 }));
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();

    expect(rig.paged[0]?.text).toContain('…');
    expect(rig.paged[0]?.text.length).toBeLessThan(2000);
  });
});

describe('an alert without severity', () => {
  it('is acted upon, is as urgent as its rule says, and calls with the severity of the rule', async () => {
    const rig = new PipelineRig({
      rules: rulesFile(slowRule({ guards: '{ attempts: 1 }' })).replace('severity: critical', 'severity: page'),
    });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    const run = await rig.untilEnded();

    expect(run.alert.labels['severity']).toBe(undefined);
    expect([run.phase, run.severity, rig.paged[0]?.severity]).toEqual(['failed', 'page', 'page']);
  });

  it('that has one keeps its own', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule()) });
    await rig.send([{ fingerprint: 'a1', labels: { severity: 'warning' } }]);
    const run = await rig.untilEnded();

    expect([run.alert.labels['severity'], run.severity]).toEqual(['warning', undefined]);
  });
});
