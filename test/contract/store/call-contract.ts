import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/ports/store.ts';
import type { Run } from '../../../src/run/run.ts';
import { minute, start, type StoreHarness } from './harness.ts';
import { messageOf } from './messages.ts';
import { batch, claimed, end, entry, firing, inPhase, openWithRun, resolved, runOf } from './records.ts';

const hold = 1000;
const handledOf = async (store: Store) => (await store.takeCalls(10, hold)).map(({ handled }) => handled);

/** Ends a queued run in `phase`, which may raise a call. */
async function endIn(
  store: Store,
  run: Run,
  { phase, raises = false }: { phase: 'failed' | 'succeeded' | 'denied' | 'expired'; raises?: boolean },
) {
  const fence = await claimed(store, run.id);
  const way: readonly Run['phase'][] = phase === 'succeeded' ? ['planning', 'applying', 'verifying'] : [];
  for (const index of way.keys()) await store.commit({ run: inPhase(run, ...way.slice(0, index + 1)), fence, entries: [] });
  await store.commit({ run: inPhase(run, ...way, phase), fence, entries: [], outbox: raises ? [messageOf(run.id)] : [] });
}

async function calledOnce(store: Store): Promise<{ incident: string; run: Run }> {
  const opened = await openWithRun(store);
  await endIn(store, opened.run, { phase: 'failed', raises: true });
  return opened;
}

async function nextRun(store: Store, incident: string, attempt: number): Promise<Run> {
  const run = runOf(`${incident}-${attempt}`);
  expect(await store.createRuns([{ run, entries: [] }])).toEqual([run.id]);
  return run;
}

export function callContract(harness: StoreHarness): void {
  describe('calls to people', () => {
    it('are raised with the commit, one for an incident until acknowledged', async () => {
      const { store } = await harness.open();
      const { incident, run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      const commit = { run: inPhase(run, 'planning'), fence, entries: [], outbox: [messageOf(run.id)] };
      await store.commit({ ...commit, fence: fence - 1 });
      expect(await store.takeCalls(10, hold)).toEqual([]);
      await store.commit(commit);
      await store.commit(commit);
      expect(await store.openCall(messageOf(run.id))).toBe(false);
      expect(await store.incident(incident)).toMatchObject({ escalatedAt: start });
      const calls = await store.takeCalls(10, hold);
      const id = expect.any(String) as string;
      expect(calls).toEqual([{ id, message: messageOf(run.id), at: start, time: start, tries: 0, taken: [] }]);
    });

    it('are one at a time for those who make them, and come back if nobody says what came of them', async () => {
      const { store, other, advance } = await harness.open();
      await calledOnce(store);
      const taken = await Promise.all([store.takeCalls(10, hold), other.takeCalls(10, hold)]);
      expect(taken.flat()).toHaveLength(1);
      await advance(hold - 1);
      expect(await other.takeCalls(10, hold)).toEqual([]);
      await advance(1);
      expect(await other.takeCalls(10, hold)).toHaveLength(1);
    });

    it('are looked after again when due, with what is known of them, until they are over', async () => {
      const { store, advance } = await harness.open();
      const { run } = await calledOnce(store);
      const [call] = await store.takeCalls(1, hold);
      if (call === undefined) throw new Error('a call is due');
      const entries = [{ type: 'person-called' as const, run: run.id, data: { channel: 'a' } }];
      await store.settleCall(call, { dueAt: start + minute, tries: 3, taken: ['a', 'b'], entries });
      expect((await store.journalOf(run.id)).at(-1)?.type).toBe('person-called');
      await advance(minute - 1);
      expect(await store.takeCalls(10, hold)).toEqual([]);
      await advance(1);
      expect(await store.takeCalls(10, hold)).toMatchObject([{ tries: 3, taken: ['a', 'b'], at: start, time: start + minute }]);
      await store.settleCall(call, { tries: 0, taken: [], entries: [] });
      await advance(60 * minute);
      expect(await store.takeCalls(10, hold)).toEqual([]);
    });

    it('are due only after the time they are to wait', async () => {
      const { store, advance } = await harness.open();
      const { run } = await openWithRun(store);
      expect(await store.openCall(messageOf(run.id, { after: minute }))).toBe(true);
      await advance(minute - 1);
      expect(await store.takeCalls(10, hold)).toEqual([]);
      await advance(1);
      expect(await store.takeCalls(10, hold)).toHaveLength(1);
    });

    it('can be about incidents that are not there', async () => {
      const { store } = await harness.open();
      expect([await store.openCall(messageOf('gone-1')), await store.openCall(messageOf('gone-1'))]).toEqual([true, false]);
      expect(await handledOf(store)).toEqual([undefined]);
    });
  });

  describe('calls are handled, at once,', () => {
    it('when a person has seen it, and then people may be called again', async () => {
      const { store, advance } = await harness.open();
      const { incident, run } = await calledOnce(store);
      const [before] = await store.takeCalls(10, hold);
      await store.acknowledge(incident, 'ann', 'seen');
      expect(await handledOf(store)).toEqual(['acknowledged by ann']);
      expect(await store.openCall(messageOf(run.id, { text: 'again' }))).toBe(true);
      expect(await store.takeCalls(10, hold)).toMatchObject([{ message: { text: 'again' }, tries: 0 }]);
      // Whoever still has the one before says nothing about this one.
      if (before !== undefined) await store.settleCall(before, { tries: 0, taken: [], entries: [] });
      await advance(hold);
      expect(await store.takeCalls(10, hold)).toMatchObject([{ message: { text: 'again' } }]);
      expect(await store.incident(incident)).toMatchObject({ escalatedAt: start });
    });

    it('when the incident closes', async () => {
      const { store, advance } = await harness.open();
      await calledOnce(store);
      await store.takeCalls(10, 100 * minute);
      await store.intake(batch([entry(resolved('f1'))]));
      await advance(5 * minute);
      expect(await store.closeIncidents(10)).toHaveLength(1);
      expect(await handledOf(store)).toEqual(['the incident is closed: all members resolved']);
    });

    it('after they were made, when the incident was closed before they were raised', async () => {
      const { store, advance } = await harness.open();
      const { run } = await openWithRun(store);
      await store.intake(batch([entry(resolved('f1'))]));
      await advance(5 * minute);
      expect(await store.closeIncidents(10)).toHaveLength(1);
      await endIn(store, run, { phase: 'failed', raises: true });
      const [call] = await store.takeCalls(1, hold);
      expect(call?.handled).toBeUndefined();
      if (call !== undefined) await store.settleCall(call, { dueAt: start + 6 * minute, tries: 3, taken: ['a'], entries: [] });
      await advance(minute);
      expect(await store.takeCalls(1, hold)).toMatchObject([{ handled: 'the incident is closed', tries: 0, taken: ['a'] }]);
    });

    it('when a later attempt succeeds; if that does not last, people may be called again', async () => {
      const { store } = await harness.open();
      const { incident } = await calledOnce(store);
      await store.takeCalls(10, hold);
      await endIn(store, await nextRun(store, incident, 2), { phase: 'failed' });
      expect(await store.takeCalls(10, hold)).toEqual([]);
      await endIn(store, await nextRun(store, incident, 3), { phase: 'succeeded' });
      expect(await handledOf(store)).toEqual([`run ${incident}-3 succeeded`]);
      expect((await store.incident(incident))?.escalatedAt).toBeUndefined();
      await endIn(store, await nextRun(store, incident, 4), { phase: 'failed', raises: true });
      expect(await handledOf(store)).toEqual([undefined]);
    });

    it('each by what it is about: one about an undo only when a person has seen it', async () => {
      const { store } = await harness.open();
      const { incident, run } = await openWithRun(store);
      await endIn(store, run, { phase: 'failed' });
      expect(await store.openCall(messageOf(run.id, { key: 'undo/u1' }))).toBe(true);
      expect((await store.incident(incident))?.escalatedAt).toBeUndefined();
      expect(await handledOf(store)).toEqual([undefined]);
      await endIn(store, await nextRun(store, incident, 2), { phase: 'succeeded' });
      expect(await store.takeCalls(10, hold)).toEqual([]);
      await store.acknowledge(incident, 'bob', 'seen');
      expect(await handledOf(store)).toEqual(['acknowledged by bob']);
    });

    it('also while someone is making them', async () => {
      const { store } = await harness.open();
      const { incident } = await calledOnce(store);
      const [call] = await store.takeCalls(1, hold);
      if (call === undefined) throw new Error('a call is due');
      await store.acknowledge(incident, 'ann', 'seen');
      await store.settleCall(call, { dueAt: start + minute, tries: 0, taken: ['a'], entries: [] });
      const [handled] = await store.takeCalls(1, hold);
      expect(handled).toMatchObject({ handled: 'acknowledged by ann', taken: ['a'] });
      if (handled !== undefined) await store.settleCall(handled, { dueAt: start + minute, tries: 1, taken: ['a'], entries: [] });
      expect(await store.takeCalls(1, hold)).toEqual([]);
    });
  });

  describe('stuck incidents', () => {
    it('are open, fire, and have had nothing but a waiting run or a denial since', async () => {
      const { store, advance } = await harness.open();
      const { incident, run } = await openWithRun(store);
      expect(await store.stuckIncidents(start)).toEqual([]);
      const fence = await claimed(store, run.id);
      await store.commit({ run: inPhase(run, 'planning', 'waiting'), fence, entries: [], release: { wakeAt: start } });
      expect([await store.stuckIncidents(start - 1), await store.stuckIncidents(start)]).toEqual([[], [incident]]);
      await endIn(store, inPhase(run, 'planning', 'waiting'), { phase: 'denied' });
      expect(await store.stuckIncidents(start)).toEqual([incident]);
      await store.openCall(messageOf(run.id));
      expect(await store.stuckIncidents(start)).toEqual([]);
      await advance(minute);
      await store.acknowledge(incident, 'ann', 'seen');
      expect([await store.stuckIncidents(start + minute - 1), await store.stuckIncidents(start + minute)]).toEqual([[], [incident]]);
      await store.intake(batch([entry(resolved('f1'))]));
      expect(await store.stuckIncidents(start + minute)).toEqual([]);
    });

    it('are also those whose last run has expired', async () => {
      const { store } = await harness.open();
      const { incident, run } = await openWithRun(store);
      await endIn(store, run, { phase: 'expired' });
      expect(await store.stuckIncidents(start)).toEqual([incident]);
    });

    it('are not those whose last run ended otherwise', async () => {
      const { store } = await harness.open();
      const { run } = await openWithRun(store);
      await end(store, run);
      await store.intake(batch([entry(firing('f2'), { subject: 'other' })]));
      expect(await store.stuckIncidents(start)).toEqual([]);
    });
  });
}
