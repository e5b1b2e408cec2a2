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
  /** What the world does after each effect. */
  readonly after: 'alert goes on' | 'alert resolves' | 'nothing helps';
  /** Undo runs that there are in the end, all of which have succeeded. */
  readonly undos?: number;
}

const verify = "{ within: 15s, checks: [{ promql: { query: slowness, expect: 'value < 1.0', window: 1s, scrape: 1s, for: 2s } }] }";
/** Where nothing helps anyway. */
const short = verify.replace('15s', '5s');
const scaleWeb = '{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } } }';
const scaleDb = '{ remediation: scale, with: { name: db, replicas: { atLeast: 3 } } }';
const once = '{ cooldown: 5m, rate: 4/1h, attempts: 1 }';
const both = ['scaled web to 4', 'scaled db to 2'];

const stories: readonly Story[] = [
  {
    name: 'one rung that helps',
    rules: rulesFile(slowRule({ verify })),
    effects: ['scaled web to 4'],
    phase: 'succeeded',
    after: 'alert goes on',
  },
  {
    name: 'one rung after which the alert goes',
    rules: rulesFile(slowRule({ verify })),
    effects: ['scaled web to 4'],
    phase: 'succeeded',
    after: 'alert resolves',
  },
  {
    name: 'a rung of two steps',
    rules: rulesFile(slowRule({ ladder: '[{ remediation: scale-both }]', verify })),
    effects: both,
    phase: 'succeeded',
    after: 'alert goes on',
  },
  {
    name: 'a ladder of two rungs that do not help',
    rules: rulesFile(slowRule({ ladder: `[${scaleWeb}, ${scaleDb}]`, guards: once, verify: short })),
    effects: ['scaled web to 4', 'scaled db to 3'],
    phase: 'failed',
    after: 'nothing helps',
  },
];

const undoStories: readonly Story[] = [
  {
    name: 'a rung that does not help and is taken back before the next',
    rules: rulesFile(
      slowRule({ ladder: `[${scaleWeb.replace(/ }$/, ', undo: { when: failed } }')}, ${scaleDb}]`, guards: once, verify: short }),
    ),
    effects: ['scaled web to 4', 'scaled web to 2', 'scaled db to 3'],
    phase: 'failed',
    after: 'nothing helps',
    undos: 1,
  },
  {
    name: 'a rung that is taken back once the incident is over',
    rules: rulesFile(slowRule({ ladder: `[${scaleWeb.replace(/ }$/, ', undo: { when: resolved, after: 3s } }')}]`, verify })).replace(
      'flap: 5m',
      'flap: 2s',
    ),
    effects: ['scaled web to 4', 'scaled web to 2'],
    phase: 'succeeded',
    after: 'alert resolves',
    undos: 1,
  },
];

async function begin(story: Story, mortality: Mortality): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules: story.rules, mortality });
  if (story.after === 'nothing helps') rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  // What is cut off is the work on the run, not intake.
  rig.engineForIntake = rig.addWorker();
  if (story.after === 'alert resolves') rig.world.onEffect = () => rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

async function callsOf(story: Story): Promise<number> {
  const mortality = new Mortality();
  const rig = await begin(story, mortality);
  await rig.untilEnded();
  return mortality.calls;
}

describe.each([...stories, ...undoStories])('$name', (story) => {
  it.each<Failure>(['killed-before', 'killed-after', 'frozen'])(
    'survives its worker %s at any call: each effect once, and the run ends as it would have',
    async (failure) => {
      const calls = await callsOf(story);
      expect(calls).toBeGreaterThan(20);
      for (let at = 1; at <= calls; at += 1) {
        const mortality = new Mortality(at, failure);
        const rig = await begin(story, mortality);
        await rig.untilEnded();
        mortality.thaw();
        await rig.clock.advance(20_000);
        const runs = await rig.runs();
        const seen = {
          effects: rig.effects,
          phases: runs.filter(({ kind }) => kind === 'remediation').map(({ phase }) => phase),
          undone: runs.filter(({ kind }) => kind === 'undo').map(({ phase }) => phase),
          errors: rig.errors,
          calls: rig.paged.length,
        };
        const undone = Array.from({ length: story.undos ?? 0 }, () => 'succeeded');
        const calledFor = story.phase === 'failed' ? 1 : 0;
        expect({ at, ...seen }).toEqual({ at, effects: story.effects, phases: [story.phase], undone, errors: [], calls: calledFor });
      }
    },
  );
});

describe('a step that cannot be repeated', () => {
  it.each<Failure>(['killed-before', 'killed-after', 'frozen'])('is done at most once by a worker %s at any call', async (failure) => {
    const ringing: Story = {
      name: '',
      rules: rulesFile(slowRule({ ladder: '[{ remediation: ring }]', guards: once, verify: short })),
      effects: ['created bell'],
      phase: 'failed',
      after: 'nothing helps',
    };
    const phases = new Set<string>();
    const calls = await callsOf(ringing);
    for (let at = 1; at <= calls; at += 1) {
      const mortality = new Mortality(at, failure);
      const rig = await begin(ringing, mortality);
      await rig.untilEnded();
      mortality.thaw();
      await rig.clock.advance(20_000);
      const run = await rig.newest();
      phases.add(run.phase);
      expect({
        at,
        rung: rig.effects.length <= 1,
        phase: run.phase === 'failed' || run.phase === 'interrupted',
        errors: rig.errors,
      }).toEqual({
        at,
        rung: true,
        phase: true,
        errors: [],
      });
      // Whoever is not sure says so to a person; whoever is, has done it.
      if (run.phase === 'failed') expect({ at, effects: rig.effects }).toEqual({ at, effects: ['created bell'] });
      expect({ at, calls: rig.paged.length }).toEqual({ at, calls: 1 });
    }
    expect([...phases].toSorted()).toEqual(['failed', 'interrupted']);
  });
});
