import { describe, expect, it } from 'vitest';
import type { Labels } from '../../../src/alert/alert.ts';
import type { IntakeSource } from '../../../src/pipeline/intake.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;

/** A rig whose source has an alert of which no webhook has told. */
async function rigWith(given: { isKnown?: boolean } = {}): Promise<PipelineRig> {
  const rig = new PipelineRig();
  if (given.isKnown !== false) await rig.send([{ fingerprint: 'other', labels: { alertname: 'Else' } }]);
  rig.sources.note([{ fingerprint: 'a1' }]);
  return rig;
}

/** A source with the Alertmanager and the receiver of `main`, whose alerts are of that region. */
function sharing(name: string, region?: string): IntakeSource {
  const labelsFor = (given: Labels): Labels => (region === undefined || given['region'] !== undefined ? {} : { region });
  return { name, labelsFor, tombstone: 600_000, receivers: ['fixpoint'] };
}

describe('an alert of an Alertmanager that several sources have', () => {
  async function membersOf(rig: PipelineRig): Promise<readonly string[]> {
    const incidents = await rig.store.incidents({ limit: 10, state: 'open' });
    return incidents.flatMap(({ members }) => members.map(({ alert }) => `${alert.source}/${alert.fingerprint}`));
  }

  it('belongs to the one whose webhook told of it, and is taken in for no other', async () => {
    const rig = new PipelineRig({ receivers: ['fixpoint'], sources: [sharing('second'), sharing('third')] });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    await rig.send([{ fingerprint: 'a1' }], { source: 'second' });
    await rig.clock.advance(10 * minute);
    expect(await membersOf(rig)).toEqual(['second/a1']);
    // Its end was a mistake: it is still the alert of the same source.
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }], { source: 'second', isKnownToSource: false });
    await rig.clock.advance(minute);
    expect(await membersOf(rig)).toEqual(['second/a1']);
    expect((await rig.store.notifications(10)).map(({ source }) => source)).toEqual(['second', 'second', 'second']);
  });

  it('is no news either where its own source is asked otherwise, which says itself when it is over', async () => {
    const rig = new PipelineRig({ receivers: ['fixpoint'], sources: [sharing('second')] });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    rig.sources.askedOtherwise.add('second');
    await rig.send([{ fingerprint: 'a1' }], { source: 'second' });
    await rig.clock.advance(10 * minute);
    expect(await membersOf(rig)).toEqual(['second/a1']);
    rig.sources.alerts.clear();
    await rig.clock.advance(minute);
    expect(await rig.store.incidents({ limit: 10 })).toMatchObject([{ state: 'open', firing: 1 }]);
  });

  it('is taken in once, for the first of them', async () => {
    const rig = new PipelineRig({ receivers: ['fixpoint'], sources: [sharing('second'), sharing('third')] });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    rig.sources.note([{ fingerprint: 'a1' }]);
    await rig.clock.advance(10 * minute);
    expect(await membersOf(rig)).toEqual(['main/a1']);
    expect((await rig.store.notifications(10)).length).toBe(1);
  });

  it('is taken in for the one whose labels it does not contradict', async () => {
    const rig = new PipelineRig({ receivers: ['pager'], sources: [sharing('north', 'north'), sharing('south', 'south')] });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    rig.sources.note([{ fingerprint: 'a1', labels: { region: 'south' } }]);
    await rig.clock.advance(10 * minute);
    expect(await membersOf(rig)).toEqual(['south/a1']);
  });

  it("is nobody's where each would add other labels to it, until one is told of it", async () => {
    const rig = new PipelineRig({ receivers: ['pager'], sources: [sharing('north', 'north'), sharing('south', 'south')] });
    rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
    rig.sources.note([{ fingerprint: 'a1' }]);
    await rig.clock.advance(10 * minute);
    expect(await membersOf(rig)).toEqual([]);
    // It is told before there is a rule for it.
    rig.load(rulesFile(slowRule()).replace('alertname="Slow"', 'alertname="Never"'));
    await rig.send([{ fingerprint: 'a1' }], { source: 'south', isKnownToSource: false });
    expect(await membersOf(rig)).toEqual([]);
    rig.load(rulesFile(slowRule()));
    await rig.clock.advance(minute);
    expect(await membersOf(rig)).toEqual(['south/a1']);
  });
});

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
