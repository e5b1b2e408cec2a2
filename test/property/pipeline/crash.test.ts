import { describe, expect, it } from 'vitest';
import { Mortality, type Failure } from '../../support/pipeline/mortality.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

interface Story {
  readonly name: string;
  readonly rules: string;
  /** What must have been changed in the end, whatever happened in between. */
  readonly effects: readonly string[];
  readonly phase: string;
  readonly isCured: boolean;
}

const wellAfterBoth = "{ within: 3m, checks: [{ promql: { query: slowness, expect: 'value < 1.0', window: 15s, for: 30s } }] }";

const stories: readonly Story[] = [
  { name: 'one rung that helps', rules: rulesFile(slowRule()), effects: ['scaled web to 4'], phase: 'succeeded', isCured: true },
  {
    name: 'a rung of two steps',
    rules: rulesFile(slowRule({ ladder: '[{ remediation: scale-both }]', verify: wellAfterBoth })),
    effects: ['scaled web to 4', 'scaled db to 2'],
    phase: 'succeeded',
    isCured: true,
  },
  {
    name: 'a ladder of two rungs that do not help',
    rules: rulesFile(
      slowRule({
        ladder:
          '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } } }, { remediation: scale, with: { name: db, replicas: { atLeast: 3 } } }]',
        guards: '{ cooldown: 5m, rate: 4/1h, attempts: 1 }',
        verify: "{ within: 1m, checks: [{ promql: { query: slowness, expect: 'value < 1.0', window: 15s, for: 30s } }] }",
      }),
    ),
    effects: ['scaled web to 4', 'scaled db to 3'],
    phase: 'failed',
    isCured: false,
  },
];

async function live(story: Story, mortality: Mortality): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules: story.rules, mortality });
  if (!story.isCured) rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  // Taken in by a process that lives: what is cut off is the work on the run.
  const intake = rig.addWorker();
  rig.engineForIntake = intake;
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

async function callsOf(story: Story): Promise<number> {
  const mortality = new Mortality();
  const rig = await live(story, mortality);
  await rig.untilEnded();
  return mortality.calls;
}

describe.each(stories)('$name', (story) => {
  it.each<Failure>(['killed-before', 'killed-after', 'frozen'])('survives its worker %s at any call: each effect once, and the run ends', async (failure) => {
    const calls = await callsOf(story);
    expect(calls).toBeGreaterThan(20);
    for (let at = 1; at <= calls; at += 1) {
      const mortality = new Mortality(at, failure);
      const rig = await live(story, mortality);
      await rig.untilEnded();
      mortality.thaw();
      await rig.clock.advance(20_000);
      const run = await rig.newest();
      expect({ at, effects: rig.effects, phase: run.phase, errors: rig.errors, calls: rig.paged.length, runs: (await rig.runs()).length }).toEqual({
        at,
        effects: story.effects,
        phase: story.phase,
        errors: [],
        calls: story.phase === 'failed' ? 1 : 0,
        runs: 1,
      });
    }
  });
});
