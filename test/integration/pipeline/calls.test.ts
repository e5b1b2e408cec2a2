import { describe, expect, it } from 'vitest';
import { manualClock, type ManualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { lookAfterCalls, type Callers } from '../../../src/pipeline/look-after-calls.ts';
import type { OutboxMessage } from '../../../src/ports/people-store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { messageOf } from '../../contract/store/messages.ts';
import { batch, entry, firing, law, openWithRun } from '../../contract/store/records.ts';
import { start } from '../../contract/store/harness.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { RecordingChannel } from '../../support/pipeline/recording-channel.ts';
import { quietMetrics } from '../../support/pipeline-rig.ts';

const minute = 60_000;

/** Calls as one worker looks after them, every second; the first channel forgets, as Alertmanager does. */
class CallRig {
  readonly clock: ManualClock = manualClock(start);
  readonly store: Store = memoryStore({ clock: this.clock, law });
  readonly alertmanager = new RecordingChannel('0 alertmanager', { isKept: true });
  readonly slack = new RecordingChannel('1 webhook');
  readonly results: string[] = [];
  incident = '';
  readonly #metrics = { ...quietMetrics, escalation: (_rule: string, result: string) => void this.results.push(result) };

  constructor() {
    this.clock.every(1000, () => void lookAfterCalls(this.callers()));
  }

  callers(): Callers {
    const { store, clock } = this;
    return {
      store,
      clock,
      metrics: this.#metrics,
      log: quietLog,
      channels: [this.alertmanager, this.slack],
      publicUrl: 'https://fix.example',
    };
  }

  async raise(after?: number, more: Partial<OutboxMessage> = {}): Promise<this> {
    const { incident, run } = await openWithRun(this.store);
    this.incident = incident;
    await this.store.openCall(messageOf(run.id, { ...(after === undefined ? {} : { after }), ...more }));
    return this;
  }

  async journal(): Promise<readonly string[]> {
    return (await this.store.journal('0', 1000)).map(({ type }) => type).slice(2);
  }

  async acknowledge(): Promise<void> {
    await this.store.acknowledge(this.incident, 'ann', 'seen');
    await this.clock.advance(1000);
  }
}

describe('a call about no run', () => {
  it('ends by itself after some hours, for nobody can acknowledge it', async () => {
    const rig = await new CallRig().raise(undefined, { run: '' });
    await rig.clock.advance(239 * minute);
    expect(rig.results).not.toContain('dropped');
    await rig.clock.advance(3 * minute);
    expect(rig.results.at(-1)).toBe('dropped');
    const sent = rig.alertmanager.deliveries.length;
    await rig.clock.advance(60 * minute);
    expect(rig.alertmanager.deliveries.length).toBe(sent);
  });
});

describe('an open call', () => {
  it('is kept alive for as long as it is open, and would end by itself', async () => {
    const rig = await new CallRig().raise();
    await rig.clock.advance(10 * minute);
    const { deliveries, kinds } = rig.alertmanager;
    expect(new Set(kinds)).toEqual(new Set(['call']));
    expect(deliveries.length).toBeGreaterThanOrEqual(9);
    expect(new Set(deliveries.map(({ startsAt }) => startsAt))).toEqual(new Set([start]));
    for (const [index, { endsAt }] of deliveries.entries()) expect(endsAt - start).toBeCloseTo(index * minute + 5 * minute + 1000, -4);
    expect(deliveries[0]?.message).toMatchObject({ key: `incident/${rig.incident}`, url: `https://fix.example/#${rig.incident}-1` });
    expect([rig.slack.deliveries, rig.results, await rig.journal()]).toEqual([[], ['delivered'], ['person-called']]);
  });

  it('is taken back where it was taken, once it is handled, and then forgotten', async () => {
    const rig = await new CallRig().raise();
    await rig.clock.advance(minute);
    await rig.acknowledge();
    const last = rig.alertmanager.deliveries.at(-1);
    expect(last).toMatchObject({
      startsAt: start,
      endsAt: rig.clock.now() - 10_000,
      message: { kind: 'handled', text: 'acknowledged by ann' },
    });
    const told = rig.alertmanager.deliveries.length;
    await rig.clock.advance(60 * minute);
    expect([rig.alertmanager.deliveries.length, rig.slack.kinds]).toEqual([told, []]);
    expect([rig.results, await rig.journal()]).toEqual([
      ['delivered', 'ended'],
      ['person-called', 'person-acted', 'call-ended'],
    ]);
  });

  it('goes to the second channel when the first is away, once, and to the first when it is back', async () => {
    const rig = new CallRig();
    rig.alertmanager.isAway = true;
    await rig.raise();
    await rig.clock.advance(10 * minute);
    expect(rig.slack.kinds).toEqual(['call']);
    rig.alertmanager.isAway = false;
    await rig.clock.advance(minute);
    expect([rig.alertmanager.kinds, rig.slack.kinds]).toEqual([['call'], ['call']]);
    await rig.acknowledge();
    expect([rig.alertmanager.kinds, rig.slack.kinds]).toEqual([
      ['call', 'handled'],
      ['call', 'handled'],
    ]);
    expect(rig.results).toEqual(['delivered', 'delivered', 'ended']);
  });

  it('that can no longer be kept alive goes to the second channel', async () => {
    const rig = await new CallRig().raise();
    await rig.clock.advance(minute);
    rig.alertmanager.isAway = true;
    await rig.clock.advance(3 * minute);
    expect(rig.slack.kinds).toEqual(['call']);
  });

  it('is tried again ever more slowly while nobody takes it, for a day', async () => {
    const rig = new CallRig();
    rig.alertmanager.isAway = true;
    rig.slack.isAway = true;
    await rig.raise();
    await rig.clock.advance(minute);
    expect(rig.results).toEqual(Array.from({ length: 5 }, () => 'failed'));
    await rig.clock.advance(23 * 60 * minute);
    expect(new Set(rig.results)).toEqual(new Set(['failed']));
    await rig.clock.advance(2 * 60 * minute);
    expect([rig.results.at(-1), (await rig.journal()).at(-1)]).toEqual(['dropped', 'call-dropped']);
    rig.slack.isAway = false;
    await rig.clock.advance(60 * minute);
    expect(rig.slack.kinds).toEqual([]);
  });

  it('says that it is handled to whoever can be reached, and tries the others for a while', async () => {
    const rig = new CallRig();
    rig.alertmanager.isAway = true;
    await rig.raise();
    await rig.clock.advance(5000);
    rig.alertmanager.isAway = false;
    await rig.clock.advance(minute);
    rig.slack.isAway = true;
    await rig.acknowledge();
    await rig.clock.advance(5 * minute);
    const told = rig.alertmanager.kinds.filter((kind) => kind === 'handled').length;
    rig.slack.isAway = false;
    await rig.clock.advance(2 * minute);
    expect([told, rig.alertmanager.kinds.filter((kind) => kind === 'handled').length, rig.slack.kinds]).toEqual([
      1,
      1,
      ['call', 'handled'],
    ]);
  });

  it('that is handled while everybody is away is given up, for it ends by itself', async () => {
    const rig = await new CallRig().raise();
    await rig.clock.advance(minute);
    rig.alertmanager.isAway = true;
    await rig.acknowledge();
    await rig.clock.advance(60 * minute);
    expect([rig.results.at(-1), (await rig.journal()).at(-1)]).toEqual(['dropped', 'call-dropped']);
  });

  it('waits as long as its rule says, and is not made when it is handled before', async () => {
    const rig = await new CallRig().raise(10 * minute);
    await rig.clock.advance(10 * minute - 1);
    expect(rig.alertmanager.kinds).toEqual([]);
    await rig.acknowledge();
    await rig.clock.advance(60 * minute);
    expect([rig.alertmanager.kinds, rig.results, await rig.journal()]).toEqual([[], ['unneeded'], ['person-acted', 'call-ended']]);
    const other = await new CallRig().raise(10 * minute);
    await other.clock.advance(10 * minute);
    expect(other.alertmanager.kinds).toEqual(['call']);
  });

  it('whose maker dies between the sending and the word of it is made again, as the same one', async () => {
    const rig = await new CallRig().raise();
    const dead = rig.callers();
    // Its store never hears of what was sent.
    await lookAfterCalls({ ...dead, store: { ...rig.store, settleCall: () => Promise.resolve() } });
    expect(rig.alertmanager.deliveries).toHaveLength(1);
    await rig.clock.advance(minute);
    const [first, second] = rig.alertmanager.deliveries;
    expect(second).toMatchObject({ startsAt: first?.startsAt, message: { key: first?.message.key, labels: first?.message.labels } });
    expect(await rig.journal()).toEqual(['person-called']);
  });

  it('is made by one of several workers', async () => {
    const rig = await new CallRig().raise();
    rig.alertmanager.onSend = () => rig.clock.sleep(3000);
    const all = Promise.all([1, 2, 3].map(() => lookAfterCalls(rig.callers())));
    await rig.clock.advance(5000);
    await all;
    expect(rig.alertmanager.deliveries).toHaveLength(1);
  });

  it('keeps no other waiting, and ends its wait for a channel that hangs', async () => {
    const rig = await new CallRig().raise();
    rig.alertmanager.onSend = () => new Promise(() => {});
    await rig.store.intake(batch([entry(firing('f2'), { subject: 'http/b:1' })]));
    await rig.store.openCall(messageOf('gone-1'));
    await rig.clock.advance(20_000);
    expect(rig.slack.deliveries.map(({ message }) => message.incident).toSorted()).toEqual(['gone', rig.incident].toSorted());
  });
});

describe('a call to one after the other', () => {
  const order = { names: ['on-call', 'platform-lead', 'vp'], every: 15 * minute };
  const levels = (channel: RecordingChannel) => channel.deliveries.map(({ message }) => message.level);

  it('goes to the first at once, and to one more each time that nobody has acknowledged it', async () => {
    const rig = await new CallRig().raise(undefined, { order });
    await rig.clock.advance(14 * minute);
    expect(new Set(levels(rig.alertmanager))).toEqual(new Set(['on-call']));
    await rig.clock.advance(2 * minute);
    expect(new Set(levels(rig.alertmanager).slice(-2))).toEqual(new Set(['on-call', 'platform-lead']));
    await rig.clock.advance(15 * minute);
    expect(levels(rig.alertmanager).slice(-3)).toEqual(['on-call', 'platform-lead', 'vp']);
    const last = rig.alertmanager.deliveries.at(-1)?.message;
    expect(last?.text.startsWith('For vp: nobody has acknowledged it for 30m.')).toBe(true);
    await rig.clock.advance(120 * minute);
    expect(levels(rig.alertmanager).slice(-3)).toEqual(['on-call', 'platform-lead', 'vp']);
    expect([rig.results, await rig.journal()]).toEqual([
      ['delivered', 'delivered', 'delivered'],
      ['person-called', 'person-called', 'person-called'],
    ]);
  });

  it('is told once to each by a channel that remembers', async () => {
    const rig = new CallRig();
    rig.alertmanager.isAway = true;
    await rig.raise(undefined, { order });
    await rig.clock.advance(60 * minute);
    expect(levels(rig.slack)).toEqual(['on-call', 'platform-lead', 'vp']);
  });

  it('goes no further once somebody has acknowledged it, and is taken back from all who have it', async () => {
    const rig = await new CallRig().raise(undefined, { order });
    await rig.clock.advance(16 * minute);
    await rig.acknowledge();
    const handled = rig.alertmanager.deliveries.filter(({ message }) => message.kind === 'handled');
    expect(handled.map(({ message }) => message.level)).toEqual(['on-call', 'platform-lead']);
    expect(handled.map(({ message }) => message.text)).toEqual(handled.map(() => handled[0]?.message.text));
    expect(handled[0]?.message.text).toContain('acknowledged by');
    await rig.clock.advance(60 * minute);
    expect(levels(rig.alertmanager)).not.toContain('vp');
  });

  it('counts from when it is made, where it is made later', async () => {
    const rig = await new CallRig().raise(10 * minute, { order });
    await rig.clock.advance(20 * minute);
    expect(new Set(levels(rig.alertmanager))).toEqual(new Set(['on-call']));
    await rig.clock.advance(6 * minute);
    expect(levels(rig.alertmanager)).toContain('platform-lead');
  });
});
