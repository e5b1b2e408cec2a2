import { expect, it } from 'vitest';
import { parseMatchers } from '../../../src/alert/matcher.ts';
import { takeIn, type IntakeSource } from '../../../src/pipeline/intake.ts';
import { PipelineRig, quietMetrics } from '../../support/pipeline-rig.ts';

const source: IntakeSource = {
  name: 'main',
  labelsFor: () => ({}),
  tombstone: 600_000,
  heartbeat: parseMatchers('alertname="Slow",kind="watchdog"'),
};

async function heard(labels: Readonly<Record<string, string>>, more: { status?: 'firing' | 'resolved'; isConfirmed?: true } = {}) {
  const rig = new PipelineRig();
  const { status = 'firing', ...rest } = more;
  const heartbeats: string[] = [];
  const engine = { ...rig.engineForIntake, metrics: { ...quietMetrics, heartbeat: (name: string) => void heartbeats.push(name) } };
  const message = { version: '4' as const, alerts: [{ status, labels }] };
  await takeIn(engine, source, { id: 'n1', source: 'main', receivedAt: rig.clock.now(), bytes: 100, message, ...rest });
  return { heartbeats, kept: [...(await engine.store.heartbeats()).keys()], runs: (await rig.runs()).length };
}

it('the heartbeat of a source is noted, and is nothing to any rule', async () => {
  const slow = { alertname: 'Slow', deployment: 'web' };
  expect(await heard(slow)).toEqual({ heartbeats: [], kept: [], runs: 1 });
  expect(await heard({ ...slow, kind: 'watchdog' })).toEqual({ heartbeats: ['main'], kept: ['main'], runs: 0 });
});

it('that it is over, or that its source lists it, is no heartbeat', async () => {
  const watchdog = { alertname: 'Slow', deployment: 'web', kind: 'watchdog' };
  expect(await heard(watchdog, { status: 'resolved' })).toEqual({ heartbeats: [], kept: [], runs: 0 });
  expect(await heard(watchdog, { isConfirmed: true })).toEqual({ heartbeats: [], kept: [], runs: 0 });
});
