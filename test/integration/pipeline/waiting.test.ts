import { describe, expect, it } from 'vitest';
import { ledgerKeys } from '../../../src/guards/ledger-keys.ts';
import type { Dispatch } from '../../../src/pipeline/engine.ts';
import { execute } from '../../../src/pipeline/execute.ts';
import { reconcile } from '../../../src/pipeline/reconcile.ts';
import { wakeWaiting } from '../../../src/pipeline/wake-waiting.ts';
import { Mortality } from '../../support/pipeline/mortality.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { targetOf } from '../../support/pipeline/situation.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const second = 1000;
/** Every alert a subject of its own, all on workloads that exist. */
const each = slowRule({ name: 'each', guards: '{}' })
  .replace('deployment.apps/web', 'deployment.apps/${labels.app}')
  .replace('name: web', "name: '${labels.app}'");
const urgent = slowRule({ name: 'urgent', guards: '{}' }).replace('alertname="Slow"', 'alertname="Urgent"');

async function withWaiting(count: number, mortality?: Mortality): Promise<PipelineRig> {
  const rig = new PipelineRig({ rules: rulesFile(each, urgent), ...(mortality === undefined ? {} : { mortality }) });
  await rig.store.addPause({ id: 'p', scope: { kind: 'rule', name: 'each' }, reason: 'freeze', by: 'ann' });
  const apps = Array.from({ length: count }, (_none, index) => `app-${index}`);
  for (const app of apps) rig.world.add(app, 2);
  await rig.send(apps.map((app) => ({ fingerprint: app, labels: { app } })));
  await rig.until(async () => (await rig.store.phaseCounts())['waiting'] === count);
  return rig;
}

/** A run that waits for the lock of its target, which another holds until it is released. */
async function withLocked(guards = '{}'): Promise<PipelineRig> {
  const storm = { subjects: 100, alerts: 100, fleet: 50, window: 60 * second, quiet: 60 * second };
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ guards })), limits: { storm } });
  await rig.ledger.acquire({
    run: 'other',
    fence: 1,
    claims: [{ kind: 'lock', key: ledgerKeys.lock(targetOf('web')), lease: 3600 * second }],
  });
  await rig.send([{ fingerprint: 'a1' }]);
  await rig.until(async () => (await rig.newest()).waiting?.guard === 'targetLock');
  return rig;
}

describe('runs that wait', () => {
  it.each(['{}', '{ blastRadius: { percent: 50, fleet: { kind: Deployment, namespace: shop } } }'])(
    'ask nobody outside while the ledger holds them, with guards %s',
    async (guards) => {
      const rig = await withLocked(guards);
      let reads = 0;
      rig.world.onRead = () => {
        reads += 1;
        return Promise.reject(new Error('connection refused'));
      };
      rig.sources.isAway = true;
      await rig.clock.advance(300 * second);
      expect(await rig.newest()).toMatchObject({ phase: 'waiting', waiting: { guard: 'targetLock' } });
      expect(reads).toBe(0);
      rig.world.onRead = () => Promise.resolve();
      rig.sources.isAway = false;
      await rig.ledger.release('other', [ledgerKeys.lock(targetOf('web'))]);
      await rig.untilPhase('succeeded');
      expect(rig.effects).toEqual(['scaled web to 4']);
    },
  );

  it('end when their alert does, whatever the ledger says', async () => {
    const rig = await withLocked();
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    expect((await rig.untilEnded(120 * second)).phase).toBe('superseded');
  });

  it('are shown to a person only once nothing protects what they would change', async () => {
    const rig = await withLocked();
    rig.load(rulesFile(slowRule({ guards: '{}', mode: 'approve' })));
    rig.protection.namespaces.push('shop');
    await rig.ledger.release('other', [ledgerKeys.lock(targetOf('web'))]);
    expect(await rig.untilEnded(120 * second)).toMatchObject({
      phase: 'denied',
      reason: expect.stringContaining('protectedTarget') as string,
    });
  });

  it('are asked for a few times at most, however slowly the workers come to them', async () => {
    const slow = new Mortality();
    const rig = await withWaiting(20, slow);
    slow.onStop();
    const { engine, clock, dispatches } = rig;
    const handler = async (dispatch: Dispatch): Promise<void> => {
      await clock.sleep(4 * second);
      await execute(engine, dispatch);
    };
    dispatches.consume({ concurrency: 1, handler });
    const depths: number[] = [];
    for (let turn = 0; turn < 1800; turn += 1) {
      await reconcile(engine);
      await clock.advance(second);
      const { waiting, delayed } = await dispatches.depth();
      depths.push(waiting + delayed);
    }
    expect(Math.max(...depths)).toBeLessThanOrEqual(3 * 20);
  });

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
