import { describe, expect, it } from 'vitest';
import { minute, start, type StoreHarness } from './harness.ts';
import { batch, claimed, end, entry, firing, inPhase, openWithRun, runOf } from './records.ts';

export function runContract(harness: StoreHarness): void {
  describe('runs', () => {
    it('are made once, and one at a time for an incident', async () => {
      const { store, other } = await harness.open();
      const { incident, run } = await openWithRun(store);
      expect(await store.run(run.id)).toEqual({ run, sequence: 0, signals: [] });
      expect(await store.incident(incident)).toMatchObject({ run: run.id, attempt: 1 });
      expect((await store.journalOf(run.id)).map(({ type }) => type)).toEqual(['run-created']);

      const again = [runOf(run.id), runOf(`${incident}-2`), runOf('elsewhere-1')].map((one) => ({ run: one, entries: [] }));
      expect(await other.createRuns(again)).toEqual(['elsewhere-1']);
      await end(store, run);
      expect(await store.createRuns(again)).toEqual([`${incident}-2`]);
      expect(await store.createRuns([])).toEqual([]);
    });

    it('are not made again once they are forgotten', async () => {
      const { store } = await harness.open({ runs: 0 });
      const { run } = await openWithRun(store);
      await end(store, run);
      expect(await store.run(run.id)).toBeUndefined();
      expect(await store.createRuns([{ run, entries: [] }])).toEqual([]);
    });

    it('are made once by two workers at the same time', async () => {
      const { store, other } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a'))]));
      const made = [{ run: runOf(`${outcomes[0]?.incident}-1`), entries: [] }];
      const created = await Promise.all([store.createRuns(made), other.createRuns(made)]);
      expect(created.flat()).toHaveLength(1);
    });

    it('take what is counted on them after their end, and nothing before', async () => {
      const { store, other } = await harness.open();
      const { run } = await openWithRun(store);
      const counted = { ...run, decisions: [{ guard: 'rate', decision: 'deny' as const, reason: 'used up', at: start, count: 2 }] };
      const entries = [{ type: 'decision' as const, run: run.id, data: { count: 2 } }];
      expect(await store.amend(counted, entries)).toBe(false);
      expect((await store.run(run.id))?.run.decisions).toEqual([]);
      await end(store, run);
      const ended = await store.run(run.id);
      if (ended === undefined) throw new Error('the run is gone');
      expect(await other.amend({ ...ended.run, decisions: counted.decisions }, entries)).toBe(true);
      expect(await store.run(run.id)).toEqual({ ...ended, run: { ...ended.run, decisions: counted.decisions } });
      expect((await store.journalOf(run.id)).map(({ type }) => type)).toContain('decision');
      expect(await store.amend({ ...counted, id: 'elsewhere-1' }, entries)).toBe(false);
    });

    it('leave the incident alone when they undo another', async () => {
      const { store } = await harness.open();
      const { incident, run } = await openWithRun(store);
      const undo = runOf(`${incident}-1-undo`, { kind: 'undo', undoes: run.id, incident });
      expect(await store.createRuns([{ run: undo, entries: [] }])).toEqual([undo.id]);
      expect(await store.incident(incident)).toMatchObject({ run: run.id, attempt: 1 });
    });

    it('come into being with the commit that asks for them, due when it says, and not with one that is refused', async () => {
      const { store, advance } = await harness.open();
      const { incident, run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      const undo = runOf(`${run.id}-undo`, { kind: 'undo', undoes: run.id, incident, phase: 'waiting' });
      const entries = [{ type: 'undo-scheduled' as const, run: run.id, incident, data: {} }];
      const creates = [{ run: undo, entries, wakeAt: start + 5000 }];
      expect(await store.commit({ run: inPhase(run, 'superseded'), fence: fence - 1, entries: [], creates })).toEqual({ outcome: 'stale' });
      expect(await store.run(undo.id)).toBeUndefined();
      expect(await store.commit({ run: inPhase(run, 'superseded'), fence, entries: [], creates })).toMatchObject({ outcome: 'committed' });
      expect(await store.run(undo.id)).toEqual({ run: undo, sequence: 0, signals: [] });
      expect(await store.incident(incident)).toMatchObject({ attempt: 1, lastRun: { id: run.id } });
      expect((await store.journalOf(run.id)).map(({ type }) => type)).toEqual(['run-created', 'undo-scheduled']);
      expect(await store.dueRuns(10)).toEqual([]);
      await advance(5000);
      expect((await store.dueRuns(10)).map(({ id }) => id)).toEqual([undo.id]);
    });

    it('are held by one worker at a time, each with a higher fence', async () => {
      const { store, other, advance } = await harness.open();
      const { incident, run } = await openWithRun(store);
      const claims = await Promise.all([store.claim(run.id, 'one', 10_000), other.claim(run.id, 'two', 10_000)]);
      expect(claims.map(({ outcome }) => outcome).toSorted()).toEqual(['claimed', 'held']);
      const winner = claims.find((claim) => claim.outcome === 'claimed');
      expect(winner).toMatchObject({ time: start, stored: { run, sequence: 0, signals: [] }, incident: { id: incident, run: run.id } });
      expect(claims).toContainEqual({ outcome: 'held', until: start + 10_000 });

      await advance(10_000);
      const taken = await other.claim(run.id, 'two', 10_000);
      expect(taken.outcome).toBe('claimed');
      const stale = winner?.fence ?? 0;
      const fence = taken.outcome === 'claimed' ? taken.fence : 0;
      expect(fence).toBeGreaterThan(stale);

      const next = inPhase(run, 'planning');
      const entries = [{ type: 'decision' as const, run: run.id, data: {} }];
      expect(await store.commit({ run: next, fence: stale, entries })).toEqual({ outcome: 'stale' });
      expect(await store.renew(run.id, stale, 10_000)).toBeUndefined();
      expect(await store.run(run.id)).toMatchObject({ run: { phase: 'queued' }, sequence: 0 });
      expect(await store.journalOf(run.id)).toHaveLength(1);
      expect(await other.commit({ run: next, fence, entries })).toEqual({ outcome: 'committed', time: start + 10_000, sequence: 1 });
      expect(await store.run(run.id)).toMatchObject({ run: { phase: 'planning' }, sequence: 1 });
    });

    it('answer why they cannot be claimed', async () => {
      const { store } = await harness.open();
      const { run } = await openWithRun(store);
      await end(store, run);
      await store.createRuns([{ run: runOf('new-1', { version: 99 }), entries: [] }]);
      expect(await store.claim(run.id, 'worker', 1000)).toEqual({ outcome: 'ended' });
      expect(await store.claim('none-1', 'worker', 1000)).toEqual({ outcome: 'missing' });
      expect(await store.claim('new-1', 'worker', 1000)).toEqual({ outcome: 'newer-version' });
      expect(await store.run('new-1')).toMatchObject({ run: { version: 99 } });
    });

    it('are left alone by whoever comes for them as they were before', async () => {
      const { store, other, advance } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id, 1000);
      const next = inPhase(run, 'planning');
      expect(await store.claim({ run: run.id, sequence: 0 }, 'late', 1000)).toMatchObject({ outcome: 'held' });
      await store.commit({ run: next, fence, entries: [], release: { wakeAt: start + 60_000 } });
      expect(await other.claim({ run: run.id, sequence: 0 }, 'late', 1000)).toEqual({ outcome: 'moved-on' });
      await advance(60_000);
      expect(await store.dueRuns(10)).toMatchObject([{ id: run.id, sequence: 1 }]);
      expect((await other.claim({ run: run.id, sequence: 1 }, 'other', 1000)).outcome).toBe('claimed');
      await advance(1000);
      expect((await store.claim({ run: run.id }, 'other', 1000)).outcome).toBe('claimed');
    });

    it('lose their lease when it is not renewed, and a commit after it is refused', async () => {
      const { store, advance } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id, 1000);
      await advance(999);
      expect(await store.renew(run.id, fence, 1000)).toEqual({ signals: [] });
      await advance(999);
      // A shorter renewal does not shorten.
      await store.renew(run.id, fence, 5000);
      await store.renew(run.id, fence, 10);
      await advance(4999);
      expect(await store.commit({ run: inPhase(run, 'planning'), fence, entries: [] })).toMatchObject({ outcome: 'committed' });
      await advance(1);
      expect(await store.commit({ run: inPhase(run, 'planning', 'applying'), fence, entries: [] })).toEqual({ outcome: 'stale' });
      expect(await store.renew(run.id, fence, 1000)).toBeUndefined();
    });

    it('never go where the transition table has no way', async () => {
      const { store } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      const entries = [{ type: 'decision' as const, run: run.id, data: {} }];
      await expect(store.commit({ run: { ...run, phase: 'succeeded' }, fence, entries })).rejects.toMatchObject({
        code: 'run.illegal-transition',
      });
      expect(await store.run(run.id)).toMatchObject({ run: { phase: 'queued' }, sequence: 0 });
      expect(await store.journalOf(run.id)).toHaveLength(1);
      expect(await store.commit({ run: { ...run, reason: 'still there' }, fence, entries: [] })).toMatchObject({
        outcome: 'committed',
        sequence: 1,
      });
    });

    it('are kept as they were, whatever is in them', async () => {
      const { store } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      const odd = { list: [], object: {}, nested: [[], {}, null], big: 2 ** 53, tiny: 1e-7, text: '\u0000"{}[]\n😀' };
      const step = {
        id: 'a',
        action: 'x',
        effect: 'read' as const,
        optional: false,
        timeoutMs: 1,
        state: 'pending' as const,
        changes: [],
        intent: odd,
      };
      const rung = { remediation: 'r', mode: 'auto' as const, state: 'pending' as const, params: odd, steps: [step], verdicts: [] };
      const next = { ...inPhase(run, 'planning'), rungs: [rung] };
      await store.commit({ run: next, fence, entries: [{ type: 'intent', run: run.id, data: odd }] });
      expect((await store.run(run.id))?.run).toEqual(next);
      expect((await store.journalOf(run.id)).at(-1)?.data).toEqual(odd);
    });

    it('when they end set their incident free', async () => {
      const { store, advance } = await harness.open();
      const { incident, run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      await advance(5);
      await store.commit({ run: inPhase(run, 'superseded'), fence, entries: [], incidentWakeAt: start + 1000 });

      const found = await store.incident(incident);
      expect(found).toMatchObject({ attempt: 1, lastRun: { id: run.id, phase: 'superseded', at: start + 5 } });
      expect(found?.run).toBeUndefined();
      await advance(60 * minute);
      expect(await store.dueRuns(10)).toEqual([]);
      expect(await store.dueIncidents(10)).toEqual([incident]);
      expect(await store.renew(run.id, fence, 1000)).toBeUndefined();
      expect(await store.commit({ run: inPhase(run, 'superseded'), fence, entries: [] })).toEqual({ outcome: 'stale' });
    });

    it('are as urgent as their rule says where their alert says nothing', async () => {
      const { store, advance } = await harness.open({ firstWake: 2000, redispatch: 2000 });
      const alert = { source: 'main', fingerprint: 'f1', labels: {}, annotations: {}, startsAt: start };
      const { run } = await openWithRun(store, { alert, severity: 'critical' });
      await advance(2000);
      expect(await store.dueRuns(10)).toEqual([{ id: run.id, sequence: 0, urgency: 'critical', fence: 0 }]);
    });

    it('are due when their dispatch may be lost, when a worker died, and when they said so', async () => {
      const { store, advance } = await harness.open({ firstWake: 2000, redispatch: 2000 });
      const { run } = await openWithRun(store, {
        alert: { source: 'main', fingerprint: 'f1', labels: { severity: 'critical' }, annotations: {}, startsAt: start },
      });
      expect(await store.dueRuns(10)).toEqual([]);
      await advance(2000);
      expect(await store.dueRuns(10)).toEqual([{ id: run.id, sequence: 0, urgency: 'critical', fence: 0 }]);
      expect(await store.dueRuns(10)).toEqual([]);
      await advance(2000);
      expect(await store.dueRuns(10)).toHaveLength(1);

      const fence = await claimed(store, run.id, 30_000);
      await advance(29_999);
      expect(await store.dueRuns(10)).toEqual([]);
      await store.commit({ run: inPhase(run, 'planning'), fence, entries: [], release: { wakeAt: start + 60 * minute } });
      await advance(1);
      expect(await store.dueRuns(10)).toEqual([]);
      await advance(60 * minute);
      expect(await store.dueRuns(10)).toEqual([{ id: run.id, sequence: 1, urgency: 'critical', fence }]);

      await claimed(store, run.id, 1000);
      await advance(1000);
      expect(await store.dueRuns(10)).toHaveLength(1);
    });

    it('are due at once when released without a time', async () => {
      const { store } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      await store.commit({ run: inPhase(run, 'planning'), fence, entries: [], release: {} });
      expect(await store.dueRuns(10)).toMatchObject([{ id: run.id, sequence: 1 }]);
    });

    it('let others come first when nobody can claim them', async () => {
      const { store, advance } = await harness.open();
      const runs = ['a-1', 'b-1', 'c-1'].map((id) => ({ run: runOf(id), entries: [] }));
      await store.createRuns(runs);
      await advance(60_000);
      const seen = [...(await store.dueRuns(2)), ...(await store.dueRuns(2))].map(({ id }) => id);
      expect(seen.toSorted()).toEqual(['a-1', 'b-1', 'c-1']);
    });

    it('hear what people wish, once', async () => {
      const { store, advance } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id, 60_000);
      const wish = (by: string) => ({ kind: 'approve' as const, by, reason: 'fine', at: start, plan: 'h' });
      expect(await store.signal(run.id, wish('ann'))).toBe(true);
      expect(await store.dueRuns(10)).toEqual([]);
      expect(await store.renew(run.id, fence, 60_000)).toEqual({ signals: [wish('ann')] });
      await store.signal(run.id, wish('bob'));
      await store.commit({ run: inPhase(run, 'planning'), fence, entries: [], signalsTaken: 1 });
      expect((await store.run(run.id))?.signals).toEqual([wish('bob')]);

      // What was not taken up does not wait for the planned wake-up.
      await store.commit({ run: inPhase(run, 'planning'), fence, entries: [], release: { wakeAt: start + 60 * minute } });
      expect(await store.dueRuns(10)).toMatchObject([{ id: run.id }]);
      const claim = await store.claim(run.id, 'worker', 1000);
      expect(claim).toMatchObject({ outcome: 'claimed', stored: { signals: [wish('bob')] } });
      await advance(1000);
      expect(await store.signal('none-1', wish('ann'))).toBe(false);
      await end(store, (await store.run(run.id))?.run ?? run);
      expect(await store.signal(run.id, wish('ann'))).toBe(false);
      expect((await store.run(run.id))?.signals).toEqual([]);
    });

    it('do not take more wishes than they can keep', async () => {
      const { store } = await harness.open();
      const { run } = await openWithRun(store);
      const wish = { kind: 'deny' as const, by: 'ann', reason: '', at: start };
      for (let count = 0; count < 100; count += 1) await store.signal(run.id, wish);
      await expect(store.signal(run.id, wish)).rejects.toMatchObject({ code: 'overloaded' });
    });

    it('are counted by phase while they live', async () => {
      const { store } = await harness.open();
      const { run } = await openWithRun(store);
      await store.createRuns([{ run: runOf('x-1'), entries: [] }]);
      expect(await store.phaseCounts()).toMatchObject({ queued: 2, planning: 0 });
      const fence = await claimed(store, run.id);
      await store.commit({ run: inPhase(run, 'planning'), fence, entries: [] });
      expect(await store.phaseCounts()).toMatchObject({ queued: 1, planning: 1 });
      await store.commit({ run: inPhase(run, 'planning', 'failed'), fence, entries: [] });
      expect(await store.phaseCounts()).toMatchObject({ queued: 1, planning: 0 });
      expect(await store.phaseCounts()).not.toHaveProperty('failed');
    });
  });
}
