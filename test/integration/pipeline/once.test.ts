import { expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { defineAction } from '../../../src/actions/action.ts';
import { rulesFile, slowRule, testActions } from '../../support/pipeline/rules.ts';
import { ring } from '../../support/pipeline/test-actions.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const rules = rulesFile(
  slowRule({
    ladder: '[{ remediation: ring }]',
    verify: '{ within: 3m, checks: [{ promql: { query: x, expect: value < 1.0, window: 15s } }] }',
  }),
);

it('what cannot be repeated and was not begun, because its target was away, is tried again', async () => {
  let away = 2;
  const later = defineAction({
    ...ring,
    apply: async (intent, context) => {
      if (away-- > 0) throw new FixpointError('redis.unavailable', 'no answer');
      return await ring.apply(intent, context);
    },
    params: ring.params as never,
  });
  const rig = new PipelineRig({ rules, engine: { actions: new Map([...testActions, [ring.name, later as never]]) } });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 0 }];
  await rig.send([{ fingerprint: 'a1' }]);
  const run = await rig.untilEnded();
  expect([run.phase, rig.effects.length]).toEqual(['succeeded', 1]);
});

it('what was begun and may have been done is not, and says how far it came', async () => {
  const partly = defineAction({
    ...ring,
    apply: async (intent, context) => {
      await ring.apply(intent, context);
      throw new FixpointError('redis.unavailable', 'done on a:1; not on b:1: no answer');
    },
    params: ring.params as never,
  });
  const rig = new PipelineRig({ rules, engine: { actions: new Map([...testActions, [ring.name, partly as never]]) } });
  await rig.send([{ fingerprint: 'a1' }]);
  const run = await rig.untilEnded();
  expect([run.phase, rig.effects.length]).toEqual(['interrupted', 1]);
  expect(run.reason).toContain('its outcome is unknown: done on a:1; not on b:1');
  expect(rig.paged[0]?.text).toContain('done on a:1; not on b:1');
});

it('where nobody knows what was done, nothing is taken back by itself, also of what is known', async () => {
  const partly = defineAction({
    ...ring,
    apply: async (intent, context) => {
      await ring.apply(intent, context);
      throw new FixpointError('redis.unavailable', 'no answer');
    },
    params: ring.params as never,
  });
  const scale = '{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } }, undo: { when: resolved, after: 1m } }';
  const ladder = `[${scale}, { remediation: ring }]`;
  const engine = { actions: new Map([...testActions, [ring.name, partly as never]]) };
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder })), engine });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  await rig.send([{ fingerprint: 'a1' }]);
  await rig.untilPhase('interrupted', 1_200_000);
  await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
  await rig.clock.advance(3_600_000);
  expect([(await rig.runs()).map(({ kind, phase }) => [kind, phase]), rig.effects]).toEqual([
    [['remediation', 'interrupted']],
    ['scaled web to 4', expect.anything()],
  ]);
});
