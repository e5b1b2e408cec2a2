import { expect, it } from 'vitest';
import type { TracedSpan, Tracing } from '../../../src/ports/tracing.ts';
import type { IntakeSource } from '../../../src/pipeline/intake.ts';
import { replay } from '../../../src/pipeline/replay.ts';
import { Mortality } from '../../support/pipeline/mortality.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const source: IntakeSource = { name: 'main', labelsFor: () => ({}), tombstone: 600_000 };

function recorder() {
  const told: { span: TracedSpan; parent: string | undefined }[] = [];
  const tracing: Tracing = { place: () => 'place', ended: (span, { parent }) => void told.push({ span, parent }) };
  return { told, tracing };
}

const verify = "{ within: 15s, checks: [{ promql: { query: slowness, expect: 'value < 1.0', window: 1s, scrape: 1s, for: 2s } }] }";

it.each([undefined, 5, 20, 30])(
  'a run is told once and whole, in the trace of its webhook, whoever ends it (its worker dies at call %s)',
  async (at) => {
    const recorded = recorder();
    const rig = new PipelineRig({
      rules: rulesFile(slowRule({ verify })),
      engine: { tracing: recorded.tracing },
      ...(at === undefined ? {} : { mortality: new Mortality(at) }),
    });
    rig.engineForIntake = rig.addWorker();
    await rig.send([{ fingerprint: 'a1' }], { trace: 'the-webhook' });
    const { phase } = await rig.untilEnded();
    expect(phase).toBe('succeeded');
    const [intake, run, ...more] = recorded.told;
    expect(more).toEqual([]);
    expect(intake).toMatchObject({ parent: 'the-webhook', span: { name: 'intake', attributes: { 'fixpoint.runs': 1 } } });
    expect(run).toMatchObject({
      parent: 'the-webhook',
      span: { name: 'run slow', attributes: { 'fixpoint.outcome': 'succeeded', 'fixpoint.attempt': 1 } },
    });
    expect(run?.span.failure).toBeUndefined();
    const [rung] = run?.span.children ?? [];
    expect(rung?.children?.map(({ name }) => name)).toEqual(['step kubernetes.scale', 'verify']);
    expect(run?.span.events?.map(({ attributes }) => attributes['fixpoint.guard'])).toContain('cooldown');
  },
);

it('each further attempt, and the replay of a run, is a trace of its own with a link to the webhook of the first', async () => {
  const recorded = recorder();
  const guards = '{ cooldown: 5m, attempts: 3 }';
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards })), engine: { tracing: recorded.tracing } });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  rig.world.onEffect = () => Promise.resolve(rig.world.set('web', 2));
  await rig.send([{ fingerprint: 'a1' }], { trace: 'the-webhook' });
  await rig.clock.advance(3_600_000);
  const [last] = await rig.runs();
  expect(last?.attempt).toBe(3);
  await replay(rig.engine, () => source, { run: last?.id ?? '', mode: 'plan', by: 'alice' });
  await rig.clock.advance(60_000);
  const runs = recorded.told.filter(({ span }) => span.name === 'run slow');
  expect(runs.map(({ parent, span }) => [parent, span.links])).toEqual([
    ['the-webhook', undefined],
    [undefined, ['the-webhook']],
    [undefined, ['the-webhook']],
    [undefined, ['the-webhook']],
  ]);
});
