import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;
const verify = "{ within: 35m, checks: [{ promql: { query: slowness, expect: 'value < 1.0', window: 15s, for: 30s } }] }";
const rung = (name: string, count: number) =>
  `{ remediation: scale, with: { name: ${name}, replicas: { atLeast: ${count} } }, verify: ${verify} }`;
const holding = `{ cooldown: 5m, attempts: 1, holdWhile: [{ match: 'alertname="DatabaseDown"', scope: source }] }`;
const databaseDown = { fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } };

/** Nothing ever helps. */
async function inVain(ladder: readonly string[], mode = 'auto'): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode, ladder: `[${ladder.join(', ')}]`, guards: holding })) });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

describe('the hour within which a run has to go on', () => {
  it('begins anew when a rung that acted has ended: a long ladder is tried to its end', async () => {
    const rig = await inVain([rung('web', 4), rung('db', 3), rung('web', 6)]);
    const run = await rig.untilEnded(180 * minute);
    expect([run.phase, rig.effects]).toEqual(['failed', ['scaled web to 4', 'scaled db to 3', 'scaled web to 6']]);
    expect((run.finishedAt ?? 0) - run.createdAt).toBeGreaterThan(100 * minute);
  });

  it('is over an hour after that where the next rung may not begin, and a person is called', async () => {
    const rig = await inVain([rung('web', 4), rung('db', 3)]);
    await rig.until(() => rig.effects.length === 1);
    rig.sources.note([databaseDown]);
    await rig.untilPhase('waiting', 60 * minute);
    const failedAt = rig.clock.now();
    await rig.clock.advance(59 * minute);
    expect([(await rig.newest()).phase, rig.paged]).toEqual(['waiting', []]);
    const run = await rig.untilEnded(2 * minute);
    expect([run.phase, rig.effects, rig.paged.length]).toEqual(['expired', ['scaled web to 4'], 1]);
    expect((run.finishedAt ?? 0) - failedAt).toBeLessThan(61 * minute);
  });

  it('does not begin anew where a rung had nothing to change, or could not be planned', async () => {
    const rig = await inVain(['gone', 'web', 'db'].map((name) => rung(name, 2)));
    rig.world.set('db', 1);
    rig.sources.note([databaseDown]);
    const run = await rig.untilPhase('waiting');
    expect(run.expiresAt - run.createdAt).toBe(60 * minute);
  });

  it('begins anew with a yes: what a person took their time for is not given up a moment after', async () => {
    const rig = await inVain([rung('web', 4)], 'approve');
    const { id } = await rig.untilPhase('awaiting-approval');
    await rig.clock.advance(59 * minute);
    rig.sources.note([databaseDown]);
    await actOnRun(rig.engine, id, { kind: 'approve', by: 'ann', reason: 'as agreed' });
    await rig.untilPhase('waiting');
    await rig.clock.advance(50 * minute);
    expect([(await rig.newest()).phase, rig.effects]).toEqual(['waiting', []]);
    rig.sources.note([{ ...databaseDown, status: 'resolved' }]);
    await rig.until(() => rig.effects.length === 1, minute);
  });
});
