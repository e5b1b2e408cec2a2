import { describe, expect, it } from 'vitest';
import { minute, start, type StoreHarness } from './harness.ts';
import { batch, end, entry, firing, openWithRun, resolved, runOf } from './records.ts';

export function intakeContract(harness: StoreHarness): void {
  describe('intake', () => {
    it('opens one incident for all alerts of a rule and subject', async () => {
      const { store } = await harness.open();
      const { outcomes, time } = await store.intake(batch([entry(firing('a')), entry(firing('b')), entry(firing('c'))]));

      expect(time).toBe(start);
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['opened', 'joined', 'joined']);
      expect(outcomes.map(({ needsRun }) => needsRun)).toEqual([true, false, false]);
      expect(new Set(outcomes.map(({ incident }) => incident)).size).toBe(1);
      const incident = await store.incident(outcomes[0]?.incident ?? '');
      expect(incident).toMatchObject({
        rule: 'slow',
        state: 'open',
        firing: 3,
        attempt: 0,
        source: 'main',
        params: 'p1',
        openedAt: start,
        seenAt: start,
      });
      expect(incident?.members.map(({ alert }) => alert.fingerprint)).toEqual(['a', 'b', 'c']);
      expect(incident?.closesAt).toBeUndefined();
    });

    it('opens different incidents for different rules and subjects, also of one alert', async () => {
      const { store } = await harness.open();
      const { outcomes } = await store.intake(
        batch([entry(firing('a')), entry(firing('a'), { rule: 'other' }), entry(firing('b'), { subject: 'redis/cache' })]),
      );

      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['opened', 'opened', 'opened']);
      expect(new Set(outcomes.map(({ incident }) => incident)).size).toBe(3);
    });

    it('is idempotent, and asks for the first run until there is one', async () => {
      const { store } = await harness.open();
      const notification = batch([entry(firing('a')), entry(firing('b'))]);
      const [first, again] = [await store.intake(notification), await store.intake(notification)];

      expect(again.outcomes.map(({ outcome }) => outcome)).toEqual(['refreshed', 'refreshed']);
      expect(again.outcomes[0]).toMatchObject({ incident: first.outcomes[0]?.incident, needsRun: true });
      const id = first.outcomes[0]?.incident ?? '';
      await store.createRuns([{ run: runOf(`${id}-1`), entries: [] }]);
      const { outcomes } = await store.intake(notification);
      expect(outcomes.some(({ needsRun }) => needsRun)).toBe(false);
    });

    it('keeps every label and annotation as it was, whatever is in it', async () => {
      const { store } = await harness.open();
      const odd = {
        'empty object': '{}',
        'empty array': '[]',
        'quote': '"\\"',
        'newline': 'a\nb|c',
        'unicode': 'ü\u0000😀',
        'number': '1e400',
        '__proto__x': 'y',
      };
      const { outcomes } = await store.intake(batch([entry(firing('a', { labels: odd, annotations: {} }))]));

      const incident = await store.incident(outcomes[0]?.incident ?? '');
      expect(incident?.members[0]?.alert).toEqual(firing('a', { labels: odd, annotations: {} }));
    });

    it('closes an incident when all are resolved and the flap window has passed', async () => {
      const { store, advance } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a')), entry(firing('b'))]));
      const id = outcomes[0]?.incident ?? '';
      const one = await store.intake(batch([entry(resolved('a'))]));
      expect(one.outcomes[0]).toEqual({ outcome: 'resolved', incident: id, needsRun: false });
      expect(await store.incident(id)).toMatchObject({ firing: 1 });

      await store.intake(batch([entry(resolved('b', { endsAt: start + 1 }))]));
      expect(await store.incident(id)).toMatchObject({ firing: 0, closesAt: start + 5 * minute, state: 'open' });
      await advance(5 * minute - 1);
      expect(await store.closeIncidents(10)).toEqual([]);
      await advance(1);
      expect(await store.closeIncidents(10)).toEqual([id]);
      expect(await store.incident(id)).toMatchObject({ state: 'closed', closedAt: start + 5 * minute, firing: 0 });
      expect(await store.closeIncidents(10)).toEqual([]);
    });

    it('goes on with an incident whose member fires again within the flap window', async () => {
      const { store, advance } = await harness.open();
      const { incident, run } = await openWithRun(store);
      await end(store, run);
      await store.intake(batch([entry(resolved('f1'))]));
      await advance(minute);
      const { outcomes } = await store.intake(batch([entry(firing('f1', { startsAt: start + minute }))], { receivedAt: start + minute }));

      expect(outcomes[0]).toEqual({ outcome: 'joined', incident, needsRun: false });
      const found = await store.incident(incident);
      expect(found).toMatchObject({ firing: 1, state: 'open', attempt: 1, seenAt: start + minute });
      expect(found?.closesAt).toBeUndefined();
      expect(found?.members[0]?.endedAt).toBeUndefined();
      expect(await store.dueIncidents(10)).toEqual([incident]);
    });

    it('opens a new incident after the flap window, also before anyone closed the old one', async () => {
      const { store, advance } = await harness.open();
      const first = await store.intake(batch([entry(firing('a'))]));
      await store.intake(batch([entry(resolved('a'))]));
      await advance(5 * minute);
      const { outcomes } = await store.intake(batch([entry(firing('a', { startsAt: start + minute }))]));

      expect(outcomes[0]).toMatchObject({ outcome: 'opened', needsRun: true });
      expect(await store.incident(first.outcomes[0]?.incident ?? '')).toMatchObject({ state: 'closed' });
    });

    it('holds back a late duplicate of an episode that is over', async () => {
      const { store, advance } = await harness.open();
      await store.intake(batch([entry(firing('a'))]));
      await store.intake(batch([entry(resolved('a', { endsAt: start + 10 }))]));
      const late = await store.intake(batch([entry(firing('a', { startsAt: start + 9 }))]));
      expect(late.outcomes[0]?.outcome).toBe('tombstoned');
      expect(late.outcomes[0]?.needsRun).toBe(false);

      const real = await store.intake(batch([entry(firing('a', { startsAt: start + 10 }))]));
      expect(real.outcomes[0]?.outcome).toBe('joined');

      await store.intake(batch([entry(resolved('a', { endsAt: start + 20 }))]));
      await advance(10 * minute);
      const after = await store.intake(batch([entry(firing('a', { startsAt: start + 5 }))]));
      expect(after.outcomes[0]?.outcome).toBe('opened');
    });

    it('lets a firing alert that its source confirms pass a tombstone, and a repeated end does not end it again', async () => {
      const { store } = await harness.open();
      await store.intake(batch([entry(firing('a'))]));
      const over = batch([entry(resolved('a', { endsAt: start }))]);
      await store.intake(over);
      const confirmed = await store.intake(batch([entry(firing('a'), { confirmed: true })]));
      expect(confirmed.outcomes[0]?.outcome).toBe('joined');

      const again = await store.intake(over);
      expect(again.outcomes[0]?.outcome).toBe('refreshed');
      expect(await store.incident(confirmed.outcomes[0]?.incident ?? '')).toMatchObject({ firing: 1 });
    });

    it('remembers the end of an alert it never saw firing', async () => {
      const { store } = await harness.open();
      const gone = await store.intake(batch([entry(resolved('a'))]));
      expect(gone.outcomes[0]).toEqual({ outcome: 'unknown', needsRun: false });
      const late = await store.intake(batch([entry(firing('a'))]));
      expect(late.outcomes[0]?.outcome).toBe('tombstoned');
      expect(await store.incidents({ limit: 10 })).toEqual([]);
    });

    it('does not end what fires with the late end of an older episode', async () => {
      const { store } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a', { startsAt: start - 1000 }))]));
      await store.intake(batch([entry(firing('a', { startsAt: start }))]));
      // An earlier start does not make the older end count.
      await store.intake(batch([entry(firing('a', { startsAt: start - 2000 }))]));
      await store.intake(batch([entry(resolved('a', { startsAt: start - 1000, endsAt: start - 500 }))]));
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ firing: 1 });

      await store.intake(batch([entry(resolved('a', { startsAt: start - 1000, endsAt: start }))]));
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ firing: 0 });
    });

    it('ends an alert in all incidents that have it, also when no rule matches it any more', async () => {
      const { store } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a')), entry(firing('a'), { rule: 'other' })]));
      await store.intake(batch([], { unmatched: [resolved('a')] }));

      for (const { incident } of outcomes) expect(await store.incident(incident ?? '')).toMatchObject({ firing: 0 });
    });

    it('answers for every entry of an alert that several rules have', async () => {
      const { store } = await harness.open();
      await store.intake(batch([entry(firing('a')), entry(firing('a'), { rule: 'other' })]));
      const { outcomes } = await store.intake(batch([entry(resolved('a')), entry(resolved('a'), { rule: 'other' })]));

      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['resolved', 'resolved']);
    });

    it('needs no run for what was over by the end of the notification', async () => {
      const { store } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a')), entry(resolved('a'))]));

      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['opened', 'resolved']);
      expect(outcomes.some(({ needsRun }) => needsRun)).toBe(false);
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ firing: 0, closesAt: start + 5 * minute });
    });

    it('keeps the alerts of different sources apart', async () => {
      const { store } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a'))]));
      await store.intake(batch([entry(firing('a', { source: 'dr' }))], { source: 'dr' }));
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ firing: 2 });
      await store.intake(batch([entry(resolved('a', { source: 'dr' }))], { source: 'dr' }));
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ firing: 1 });
    });

    it('counts receipt from when it was received, and never from an end', async () => {
      const { store, advance } = await harness.open();
      const { outcomes } = await store.intake(batch([entry(firing('a')), entry(firing('b'))]));
      const id = outcomes[0]?.incident ?? '';
      await advance(10 * minute);
      await store.intake(batch([entry(firing('a'))], { receivedAt: start + minute }));
      expect(await store.incident(id)).toMatchObject({ seenAt: start + minute });
      await store.intake(batch([entry(resolved('b'))], { receivedAt: start + 2 * minute }));
      await store.intake(batch([entry(firing('a'))], { receivedAt: start }));
      expect(await store.incident(id)).toMatchObject({ seenAt: start + minute });
      await store.intake(batch([entry(firing('a'))], { receivedAt: start + 60 * minute }));
      expect(await store.incident(id)).toMatchObject({ seenAt: start + 10 * minute });
    });

    it('takes a message of ten thousand alerts in one piece', async () => {
      const { store } = await harness.open();
      const alerts = Array.from({ length: 10_000 }, (_, index) => firing(`f${index}`));
      const { outcomes } = await store.intake(batch(alerts.map((alert, index) => entry(alert, { subject: `redis/r${index % 40}` }))));

      expect(outcomes).toHaveLength(10_000);
      expect(outcomes.filter(({ outcome }) => outcome === 'opened')).toHaveLength(40);
      const incident = await store.incident(outcomes[0]?.incident ?? '');
      expect(incident?.firing).toBe(250);
      expect(incident?.members).toHaveLength(100);
      const over = await store.intake(
        batch(alerts.map((alert, index) => entry(resolved(alert.fingerprint), { subject: `redis/r${index % 40}` }))),
      );
      expect(over.outcomes.every(({ outcome }) => outcome === 'resolved')).toBe(true);
      expect(await store.incident(outcomes[0]?.incident ?? '')).toMatchObject({ firing: 0 });
    });
  });
}
