import { describe, expect, it } from 'vitest';
import { minute, start, type StoreHarness } from './harness.ts';
import { batch, claimed, end, entry, firing, inPhase, openWithRun, resolved, runOf } from './records.ts';

export function incidentContract(harness: StoreHarness): void {
  describe('incidents', () => {
    it('refuse a member that would render other parameters, and say so once', async () => {
      const { store } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a')), entry(firing('b'), { params: 'p2' })]));
      await store.intake(batch([entry(firing('b'), { params: 'p2' })]));

      expect(outcomes[1]).toEqual({ outcome: 'ambiguous', incident: outcomes[0]?.incident, needsRun: false });
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ firing: 1 });
      const journal = await store.journal('0', 100);
      expect(journal.map(({ type }) => type)).toEqual(['incident-opened', 'member-refused']);
      expect(journal[1]).toMatchObject({ incident: outcomes[0]?.incident, rule: 'slow', data: { fingerprint: 'b', source: 'main' } });
      // A member known keeps its place, whatever a reload makes of its parameters.
      const { outcomes: known } = await store.intake(batch([entry(firing('a'), { params: 'p3' })]));
      expect(known[0]?.outcome).toBe('refreshed');
    });

    it('are found by rule and subject while they are open', async () => {
      const { store, advance } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a')), entry(firing('a'), { rule: 'other' })]));
      const subject = 'kubernetes/default/shop/deployment.apps/web';
      expect(await store.openIncident('slow', subject)).toMatchObject({ id: outcomes[0]?.incident });
      expect(await store.openIncident('other', subject)).toMatchObject({ id: outcomes[1]?.incident });
      expect(await store.openIncident('slow', 'else')).toBeUndefined();
      await store.intake(batch([entry(resolved('a'))]));
      expect(await store.openIncident('slow', subject)).toMatchObject({ firing: 0 });
      await advance(5 * minute);
      await store.closeIncidents(10);
      expect(await store.openIncident('slow', subject)).toBeUndefined();
    });

    it('are written into the journal when they open and close', async () => {
      const { store, advance } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a'))]));
      await store.intake(batch([entry(resolved('a'))]));
      await advance(5 * minute);
      await store.closeIncidents(10);

      const journal = await store.journal('0', 100);
      expect(journal.map(({ type }) => type)).toEqual(['incident-opened', 'incident-closed']);
      expect(journal[0]).toMatchObject({
        incident: outcomes[0]?.incident,
        rule: 'slow',
        at: start,
        data: { fingerprint: 'a', source: 'main' },
      });
      expect(journal[1]).toMatchObject({ incident: outcomes[0]?.incident, rule: 'slow', at: start + 5 * minute });
    });

    it('keep a bounded number of alerts in full and count all', async () => {
      const { store } = await harness.open({ fullMembers: 3 });
      const { outcomes } = await store.intake(batch(['a', 'b', 'c', 'd', 'e'].map((name) => entry(firing(name)))));
      const id = outcomes[0]?.incident ?? '';
      expect(await store.incident(id)).toMatchObject({ firing: 5, members: [{}, {}, {}] });

      await store.intake(batch(['a', 'd'].map((name) => entry(resolved(name)))));
      expect(await store.incident(id)).toMatchObject({ firing: 3 });
      // One that fires takes the place of one that ended.
      await store.intake(batch([entry(firing('e'))]));
      const incident = await store.incident(id);
      expect(incident?.members.map(({ alert }) => alert.fingerprint)).toEqual(['b', 'c', 'e']);
      await store.intake(batch(['b', 'c', 'e'].map((name) => entry(resolved(name)))));
      expect(await store.incident(id)).toMatchObject({ firing: 0, closesAt: start + 5 * minute });
    });

    it('show the alert as it came last', async () => {
      const { store } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a'))]));
      await store.intake(batch([entry(firing('a', { annotations: { summary: 'slower' } }))]));
      expect((await store.incident(outcomes[0]?.incident ?? ''))?.members[0]?.alert.annotations).toEqual({ summary: 'slower' });
      await store.intake(batch([entry(resolved('a'))]));
      expect((await store.incident(outcomes[0]?.incident ?? ''))?.members[0]).toMatchObject({
        endedAt: start,
        alert: { status: 'resolved' },
      });
    });

    it('tell their live run when none of the members fires any more', async () => {
      const { store, advance } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id, minute);
      await store.commit({ run: inPhase(run, 'planning', 'waiting'), fence, entries: [], release: { wakeAt: start + 60 * minute } });
      await advance(1);
      await store.intake(batch([entry(resolved('f1'))]));

      expect((await store.dueRuns(10)).map(({ id }) => id)).toEqual([run.id]);
      expect((await store.run(run.id))?.signals).toEqual([{ kind: 'members', at: start + 1 }]);
    });

    it('tell it once, however often that changes before it looks', async () => {
      const { store, advance } = await harness.open();
      const { run } = await openWithRun(store);
      for (let turn = 1; turn < 4; turn += 1) {
        await store.intake(batch([entry(resolved('f1', { endsAt: start + turn }))]));
        await store.intake(batch([entry(firing('f1', { startsAt: start + turn }))]));
        await advance(1);
      }
      expect((await store.run(run.id))?.signals).toEqual([{ kind: 'members', at: start }]);
    });

    it('are woken when their time has come, for one caller', async () => {
      const { store, other, advance } = await harness.open();
      const { incident } = await openWithRun(store);
      await store.wakeIncident(incident, start + 1000);
      expect(await store.dueIncidents(10)).toEqual([]);
      await advance(1000);
      const taken = await Promise.all([store.dueIncidents(10), other.dueIncidents(10)]);
      expect(taken.flat()).toEqual([incident]);
    });

    it('come again after a hold, unless the caller says otherwise', async () => {
      const { store, advance } = await harness.open();
      const { incident } = await openWithRun(store);
      await store.wakeIncident(incident, start);
      expect(await store.dueIncidents(10, 1000)).toEqual([incident]);
      expect(await store.dueIncidents(10, 1000)).toEqual([]);
      await advance(1000);
      expect(await store.dueIncidents(10, 1000)).toEqual([incident]);
      await store.wakeIncident(incident, undefined);
      await advance(60 * minute);
      expect(await store.dueIncidents(10)).toEqual([]);
    });

    it('are not woken any more once closed, or once there is a new run', async () => {
      const { store, advance } = await harness.open();
      const { incident, run } = await openWithRun(store);
      await end(store, run);
      await store.wakeIncident(incident, start);
      await store.createRuns([{ run: runOf(`${incident}-2`), entries: [] }]);
      expect(await store.dueIncidents(10)).toEqual([]);
      await store.intake(batch([entry(resolved('f1'))]));
      await store.wakeIncident(incident, start + 20 * minute);
      await advance(5 * minute);
      await store.closeIncidents(10);
      await store.wakeIncident(incident, start);
      await advance(60 * minute);
      expect(await store.dueIncidents(10)).toEqual([]);
    });

    it('of a source know the receivers that its messages name', async () => {
      const { store, other } = await harness.open();
      await store.intake(batch([entry(firing('a'))], { receiver: 'fix\\-point' }));
      await store.intake(batch([entry(firing('a'))], { receiver: 'pager' }));
      await store.intake(batch([entry(firing('a'))], { receiver: 'pager', source: 'dr' }));
      await store.intake(batch([entry(firing('a'))]));
      expect((await other.receivers('main')).toSorted()).toEqual(['fix\\-point', 'pager']);
      expect(await other.receivers('none')).toEqual([]);
    });

    it('of a source it was told of, matched or not, firing or over, and of no other', async () => {
      const { store, other } = await harness.open();
      await store.intake({ ...batch([entry(firing('a')), entry(resolved('b'))]), unmatched: [firing('c')] });
      await store.intake(batch([entry(firing('d', { source: 'dr' }))], { source: 'dr' }));
      expect([...(await other.toldOf('main', ['x', 'c', 'd', 'b', 'a']))].toSorted()).toEqual(['a', 'b', 'c']);
      expect([...(await other.toldOf('dr', ['a', 'd']))]).toEqual(['d']);
      expect([...(await other.toldOf('main', []))]).toEqual([]);
    });

    it('lose the members that their source no longer has', async () => {
      const { store, advance } = await harness.open();
      const { outcomes } = await store.intake(
        batch([entry(firing('a')), entry(firing('b')), entry(firing('c'), { subject: 'redis/cache' })]),
      );
      await store.intake(batch([entry(firing('a', { source: 'dr' }), { subject: 'redis/dr' })], { source: 'dr' }));
      await advance(1000);
      const later = await store.intake(batch([entry(firing('d'), { subject: 'redis/late' })], { receivedAt: start + 1000 }));

      expect(await store.resolveAbsent('main', ['a', 'x'], start + 500)).toEqual({
        changed: [outcomes[0]?.incident, outcomes[2]?.incident],
        unheard: ['x'],
      });
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ firing: 1 });
      expect(await store.incident(outcomes[2]?.incident ?? '')).toMatchObject({ firing: 0, closesAt: start + 1000 + 5 * minute });
      expect(await store.incident(later.outcomes[0]?.incident ?? '')).toMatchObject({ firing: 1 });
      expect(await store.incidents({ limit: 10, state: 'open' })).toHaveLength(4);
      expect(await store.resolveAbsent('main', ['a', 'b'], start + 500)).toEqual({ changed: [], unheard: ['b'] });

      // A duplicate of the old episode is in doubt, a new episode is not.
      const { outcomes: after } = await store.intake(
        batch([entry(firing('b')), entry(firing('c', { startsAt: start + 600 }), { subject: 'redis/cache' })]),
      );
      expect(after.map(({ outcome }) => outcome)).toEqual(['tombstoned', 'joined']);
    });

    it('are listed newest first, by state and by rule', async () => {
      const { store, advance } = await harness.open();
      const ids: string[] = [];
      for (const [subject, rule] of [
        ['redis/a', 'one'],
        ['redis/b', 'two'],
        ['redis/c', 'one'],
      ] as const) {
        const { outcomes } = await store.intake(batch([entry(firing(subject), { subject, rule })]));
        ids.push(outcomes[0]?.incident ?? '');
        await advance(1);
      }
      await store.intake(batch([entry(resolved('redis/a'), { subject: 'redis/a', rule: 'one' })]));
      await advance(5 * minute);
      await store.closeIncidents(10);
      const list = async (filter: Parameters<typeof store.incidents>[0]) =>
        (await store.incidents(filter)).map(({ id }) => ids.indexOf(id));

      expect(await list({ limit: 10 })).toEqual([2, 1, 0]);
      expect(await list({ limit: 1 })).toEqual([2]);
      expect(await list({ limit: 10, state: 'open' })).toEqual([2, 1]);
      expect(await list({ limit: 10, state: 'closed' })).toEqual([0]);
      expect(await list({ limit: 10, rule: 'one' })).toEqual([2, 0]);
      expect(await list({ limit: 10, rule: 'one', state: 'closed' })).toEqual([0]);
    });

    it('are acknowledged by a person', async () => {
      const { store } = await harness.open();
      const { incident } = await openWithRun(store);

      expect(await store.acknowledge(incident, 'ann', 'seen')).toBe(true);
      expect(await store.acknowledge('nothing', 'ann', 'seen')).toBe(false);
      expect(await store.incident(incident)).toMatchObject({ acknowledgedAt: start });
      const journal = await store.journal('0', 100);
      expect(journal.at(-1)).toMatchObject({ type: 'person-acted', incident, data: { kind: 'acknowledge', by: 'ann', reason: 'seen' } });
      expect(await store.incident('nothing')).toBeUndefined();
    });

    it('are closed by the sweep when nobody has spoken of them for too long', async () => {
      const { store, advance } = await harness.open({ incidentLife: 60 * minute });
      const { outcomes } = await store.intake(batch([entry(firing('a'))]));
      await advance(59 * minute);
      await store.sweep();
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ state: 'open' });
      await advance(minute);
      await store.sweep();
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ state: 'closed' });
    });
  });
}
