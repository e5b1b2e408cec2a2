import { describe, expect, it } from 'vitest';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

/** A rig whose source has an alert of which no webhook has told. */
async function rigWith(given: { isKnown?: boolean } = {}): Promise<PipelineRig> {
  const rig = new PipelineRig();
  if (given.isKnown !== false) await rig.send([{ fingerprint: 'other', labels: { alertname: 'Else' } }]);
  rig.sources.note([{ fingerprint: 'a1' }]);
  return rig;
}

describe('an alert that no webhook has told of', () => {
  it('is taken in from what the source lists, once it has been firing for a while', async () => {
    const rig = await rigWith();
    await rig.clock.advance(minute);
    expect(await rig.runs()).toEqual([]);
    await rig.clock.advance(3 * minute);
    expect(rig.effects).toEqual(['scaled web to 4']);
    await rig.clock.advance(5 * minute);
    expect((await rig.runs()).length).toBe(1);
    expect((await rig.store.notifications(10)).length).toBe(2);
  });

  it('is left alone where it is silenced, routed to others, or of no rule', async () => {
    const rig = await rigWith();
    rig.sources.silenced.add('a1');
    rig.sources.note([{ fingerprint: 'b1', labels: { alertname: 'Nobody' } }]);
    await rig.clock.advance(10 * minute);
    expect([await rig.runs(), (await rig.store.notifications(10)).length]).toEqual([[], 1]);
    rig.sources.silenced.clear();
    rig.sources.receivers = ['pager'];
    await rig.clock.advance(10 * minute);
    expect(await rig.runs()).toEqual([]);
    rig.sources.receivers = ['pager', 'fixpoint'];
    await rig.clock.advance(minute);
    expect((await rig.runs()).length).toBe(1);
  });

  it('is left alone as long as nobody knows which receiver is ours', async () => {
    const rig = await rigWith({ isKnown: false });
    await rig.clock.advance(10 * minute);
    expect(await rig.runs()).toEqual([]);
  });

  it('opens incidents anew after our Redis has lost everything, where the receiver is configured', async () => {
    const rig = new PipelineRig({ receivers: ['fixpoint'] });
    rig.sources.note([{ fingerprint: 'a1' }]);
    await rig.clock.advance(4 * minute);
    expect(rig.effects).toEqual(['scaled web to 4']);
  });

  it('fires on though a webhook said that it was over', async () => {
    const rig = new PipelineRig();
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }]);
    const [run] = await rig.runs();
    await rig.clock.advance(3 * minute);
    // The source goes on listing it.
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }], { isKnownToSource: false });
    expect(await rig.store.incident(run?.incident ?? '')).toMatchObject({ firing: 0 });
    await rig.clock.advance(minute);
    expect(await rig.store.incident(run?.incident ?? '')).toMatchObject({ firing: 1, state: 'open' });
  });
});
