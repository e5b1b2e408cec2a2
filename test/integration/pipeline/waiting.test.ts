import { describe, expect, it } from 'vitest';
import { wakeWaiting } from '../../../src/pipeline/wake-waiting.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const second = 1000;
/** Every alert a subject of its own, all on workloads that exist. */
const each = slowRule({ name: 'each', guards: '{}' })
  .replace('deployment.apps/web', 'deployment.apps/${labels.app}')
  .replace('name: web', "name: '${labels.app}'");
const urgent = slowRule({ name: 'urgent', guards: '{}' }).replace('alertname="Slow"', 'alertname="Urgent"');

async function withWaiting(count: number): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules: rulesFile(each, urgent) });
  await rig.store.addPause({ id: 'p', scope: { kind: 'rule', name: 'each' }, reason: 'freeze', by: 'ann' });
  const apps = Array.from({ length: count }, (_none, index) => `app-${index}`);
  for (const app of apps) rig.world.add(app, 2);
  await rig.send(apps.map((app) => ({ fingerprint: app, labels: { app } })));
  await rig.until(async () => (await rig.store.phaseCounts())['waiting'] === count);
  return rig;
}

describe('runs that wait', () => {
  it('hold no worker: with hundreds of them a new alert acts before any of them looks again', async () => {
    const rig = await withWaiting(300);
    await rig.clock.advance(120 * second);
    const at = rig.clock.now();
    await rig.send([{ fingerprint: 'u1', labels: { alertname: 'Urgent', severity: 'critical' } }]);
    await rig.until(() => rig.effects.length === 1, 5 * second);
    expect([rig.effects, rig.clock.now() - at]).toEqual([['scaled web to 4'], 0]);
  });

  it('look again the more rarely the longer they have waited', async () => {
    const rig = await withWaiting(1);
    const looks = async (): Promise<number> => (await rig.newest()).decisions.find(({ guard }) => guard === 'paused')?.count ?? 0;
    await rig.clock.advance(60 * second);
    const inFirstMinute = await looks();
    await rig.clock.advance(1800 * second);
    const before = await looks();
    await rig.clock.advance(60 * second);
    expect(inFirstMinute).toBeGreaterThan(5);
    expect((await looks()) - before).toBeLessThanOrEqual(2);
  });

  it('go on at once when the pause they wait for is lifted', async () => {
    const rig = await withWaiting(100);
    await rig.clock.advance(600 * second);
    await rig.store.removePause('p', 'ann');
    const at = rig.clock.now();
    expect(await wakeWaiting(rig.engine, 'paused')).toBe(100);
    await rig.until(() => rig.effects.length === 100, second);
    expect(rig.clock.now()).toBe(at);
  });
});
