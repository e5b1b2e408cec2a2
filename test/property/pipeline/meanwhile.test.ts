import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { execute } from '../../../src/pipeline/execute.ts';
import { isTerminal } from '../../../src/run/phase.ts';
import { Mortality } from '../../support/pipeline/mortality.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const verify = "{ within: 15s, checks: [{ promql: { query: slowness, expect: 'value < 1.0', window: 1s, scrape: 1s, for: 2s } }] }";
const rules = rulesFile(slowRule({ ladder: '[{ remediation: scale-both }]', verify }));
const both = ['scaled web to 4', 'scaled db to 2'];

async function begin(mortality: Mortality, happens: (rig: PipelineRig) => Promise<unknown>): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules, mortality });
  mortality.meanwhile = () => happens(rig);
  rig.engineForIntake = rig.addWorker();
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

/** Lives the same story once for each call of its worker, with something happening elsewhere right before that call. */
async function forEachCall(
  happens: (rig: PipelineRig) => Promise<unknown>,
  judge: (rig: PipelineRig, at: number) => Promise<void>,
): Promise<void> {
  const undisturbed = new Mortality();
  await (await begin(undisturbed, () => Promise.resolve())).untilEnded();
  expect(undisturbed.calls).toBeGreaterThan(20);
  for (let at = 1; at <= undisturbed.calls; at += 1) {
    const mortality = new Mortality(at, 'none');
    const rig = await begin(mortality, happens);
    await judge(rig, at);
    expect({ at, errors: rig.errors }).toEqual({ at, errors: [] });
  }
}

describe('at any moment of a run', () => {
  it('a cancel ends it, and no step is begun after it', async () => {
    let before: number | undefined;
    const cancel = async (rig: PipelineRig) => {
      const { id, phase } = await rig.newest();
      before = undefined;
      if (isTerminal(phase)) return;
      before = rig.effects.length;
      await actOnRun(rig.engineForIntake, id, { kind: 'cancel', by: 'ann', reason: 'stop' });
    };
    await forEachCall(cancel, async (rig, at) => {
      const run = await rig.untilEnded();
      // A request that was let through already may still be under way.
      const more = rig.effects.length - (before ?? 0);
      const seen = { at, more: before === undefined || more <= 1, effects: rig.effects };
      expect(seen).toEqual({ at, more: true, effects: both.slice(0, rig.effects.length) });
      if (before === undefined) expect({ at, phase: run.phase }).toEqual({ at, phase: 'succeeded' });
      else expect({ at, phase: run.phase === 'cancelled' || rig.effects.length === both.length }).toEqual({ at, phase: true });
    });
  });

  it('a pause stops what comes next, and afterwards it goes on to the same end', async () => {
    let paused = 0;
    const pause = async (rig: PipelineRig) => {
      paused = rig.effects.length;
      await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' });
    };
    await forEachCall(pause, async (rig, at) => {
      await rig.clock.advance(60_000);
      // A request that was let through already may still be under way.
      expect({ at, more: rig.effects.length - paused <= 1 }).toEqual({ at, more: true });
      await rig.store.removePause('p1', 'ann');
      const run = await rig.untilEnded();
      expect({ at, phase: run.phase, effects: rig.effects }).toEqual({ at, phase: 'succeeded', effects: both });
    });
  });

  it('the end of the alert means that nothing new is begun', async () => {
    let before = 0;
    const resolve = async (rig: PipelineRig) => {
      before = rig.effects.length;
      await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    };
    await forEachCall(resolve, async (rig, at) => {
      const run = await rig.untilEnded();
      const wanted = rig.effects.length === 0 ? 'superseded' : 'succeeded';
      expect({ at, before, phase: run.phase, effects: rig.effects }).toEqual({
        at,
        before,
        phase: wanted,
        effects: both.slice(0, rig.effects.length),
      });
    });
  });

  it('a second dispatch changes nothing', async () => {
    const again = async (rig: PipelineRig) => await execute(rig.engineForIntake, { run: (await rig.newest()).id });
    await forEachCall(again, async (rig, at) => {
      const run = await rig.untilEnded();
      expect({ at, phase: run.phase, effects: rig.effects }).toEqual({ at, phase: 'succeeded', effects: both });
    });
  });
});
