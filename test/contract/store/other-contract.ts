import { describe, expect, it } from 'vitest';
import type { Pause, PermitSubject } from '../../../src/ports/store.ts';
import { minute, start, type StoreHarness } from './harness.ts';
import { batch, claimed, entry, firing, openWithRun, resolved } from './records.ts';

const subject: PermitSubject = {
  rule: 'slow',
  source: 'main',
  namespaces: ['default/shop'],
  targets: ['kubernetes/default/shop/deployment.apps/web'],
  onlyWhileFiring: true,
};

export function otherContract(harness: StoreHarness): void {
  describe('time', () => {
    it('never goes back', async () => {
      const { store, other, setTime } = await harness.open();
      expect(await store.time()).toBe(start);
      setTime(start - 60_000);
      expect(await other.time()).toBe(start);
      setTime(start + 1);
      expect(await store.time()).toBe(start + 1);
    });
  });

  describe('permits', () => {
    it('let a worker go on as long as it holds the run', async () => {
      const { store, advance } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id, 1000);
      await advance(400);
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome: 'go', leaseLeft: 600, time: start + 400 });
      await advance(600);
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome: 'stale', leaseLeft: 0 });
      const next = await claimed(store, run.id);
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome: 'stale' });
      expect(await store.permit(run.id, next, subject)).toMatchObject({ outcome: 'go' });
      expect(await store.permit('none-1', fence, subject)).toMatchObject({ outcome: 'stale' });
    });

    it('stop at once when someone cancels', async () => {
      const { store, other } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      await other.signal(run.id, { kind: 'cancel', by: 'ann', reason: 'stop that', at: start });
      const permit = await store.permit(run.id, fence, subject);
      expect(permit.outcome).toBe('cancelled');
      expect(permit.reason).toContain('ann: stop that');
    });

    it('stop at once when nothing of the incident fires any more, unless the run is not about that', async () => {
      const { store, other } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      await other.intake(batch([entry(resolved('f1'))]));
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome: 'resolved' });
      expect(await store.permit(run.id, fence, { ...subject, onlyWhileFiring: false })).toMatchObject({ outcome: 'go' });
      await other.intake(batch([entry(firing('f1', { startsAt: start + 1 }))]));
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome: 'go' });
    });

    it.each<[Pause['scope'], string]>([
      [{ kind: 'global' }, 'paused'],
      [{ kind: 'rule', name: 'slow' }, 'paused'],
      [{ kind: 'rule', name: 'other' }, 'go'],
      [{ kind: 'source', name: 'main' }, 'paused'],
      [{ kind: 'source', name: 'slow' }, 'go'],
      [{ kind: 'namespace', name: 'default/shop' }, 'paused'],
      [{ kind: 'namespace', name: 'default/web' }, 'go'],
      [{ kind: 'target', name: 'kubernetes/default/shop/deployment.apps/web' }, 'paused'],
      [{ kind: 'target', name: 'default/shop' }, 'go'],
    ])('under a pause of %j are %s', async (scope, outcome) => {
      const { store, other } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id);
      await other.addPause({ id: 'p1', scope, reason: 'deploying', by: 'ann' });
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome });
      await other.removePause('p1', 'ann');
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome: 'go' });
    });
  });

  describe('pauses', () => {
    it('last until they are removed or their time is over', async () => {
      const { store, advance } = await harness.open();
      const { run } = await openWithRun(store);
      const fence = await claimed(store, run.id, 60 * minute);
      const added = await store.addPause({ id: 'p1', scope: { kind: 'global' }, reason: 'r', by: 'ann', until: start + minute });
      expect(added).toEqual({ id: 'p1', scope: { kind: 'global' }, reason: 'r', by: 'ann', until: start + minute, at: start });
      expect(await store.pauses()).toEqual([added]);
      await advance(minute);
      expect(await store.pauses()).toEqual([]);
      expect(await store.permit(run.id, fence, subject)).toMatchObject({ outcome: 'go' });
      await store.sweep();
      expect(await store.removePause('p1', 'ann')).toBe(false);
      const types = (await store.journal('0', 100)).map(({ type }) => type);
      expect(types.slice(-2)).toEqual(['paused', 'resumed']);
    });

    it('are refused beyond a number', async () => {
      const { store } = await harness.open({ pauses: 1 });
      const pause = { id: 'p1', scope: { kind: 'global' as const }, reason: 'r', by: 'ann' };
      await store.addPause(pause);
      await store.addPause(pause);
      await expect(store.addPause({ ...pause, id: 'p2' })).rejects.toMatchObject({ code: 'overloaded' });
    });
  });

  describe('the journal', () => {
    const note = (text: string, run?: string) => ({ type: 'decision' as const, ...(run === undefined ? {} : { run }), data: { text } });

    it('gives entries in order, from anywhere', async () => {
      const { store, advance } = await harness.open();
      await store.append([note('a', 'r-1'), note('b')]);
      await advance(1);
      await store.append([note('c', 'r-1')]);
      await store.append([]);
      const all = await store.journal('0', 10);
      expect(all.map(({ data }) => data['text'])).toEqual(['a', 'b', 'c']);
      expect(all.map(({ at }) => at)).toEqual([start, start, start + 1]);
      expect(await store.journal(all[0]?.id ?? '', 1)).toEqual([all[1]]);
      expect(await store.journal(all[2]?.id ?? '', 10)).toEqual([]);
      expect(await store.journalOf('r-1')).toEqual([all[0], all[2]]);
      expect(await store.journalOf('r-2')).toEqual([]);
      await expect(store.journal('x', 10)).rejects.toMatchObject({ code: 'request.malformed' });
    });

    it('tells those who wait', async () => {
      const { store, other } = await harness.open();
      await store.append([note('old')]);
      const { signal } = new AbortController();
      const waiting = [store.follow('$', 10_000, signal), other.follow('$', 10_000, signal), store.follow('0', 10_000, signal)];
      expect((await waiting[2])?.map(({ data }) => data['text'])).toEqual(['old']);
      await expect
        .poll(async () => {
          await other.append([note('new')]);
          return await Promise.race([waiting[0], Promise.resolve(undefined)]);
        })
        .toBeDefined();
      for (const one of waiting.slice(0, 2)) expect((await one).map(({ data }) => data['text'])).toContain('new');
    });

    it('stops waiting when told to', async () => {
      const { store } = await harness.open();
      const controller = new AbortController();
      const waiting = store.follow('$', 60_000, controller.signal);
      controller.abort(new Error('gone'));
      await expect(waiting).rejects.toThrow('gone');
      await expect(store.follow('$', 1, controller.signal)).rejects.toThrow('gone');
      await expect(store.follow('x', 1, new AbortController().signal)).rejects.toMatchObject({ code: 'request.malformed' });
    });
  });

  describe('what is kept', () => {
    it('definitions are found by their hash', async () => {
      const { store, other } = await harness.open();
      await store.keepDefinition('h1', { rule: { list: [], empty: {} } });
      expect(await other.definition('h1')).toEqual({ rule: { list: [], empty: {} } });
      expect(await store.definition('h2')).toBeUndefined();
    });

    it('messages are kept within a budget of bytes and number, the newest first', async () => {
      const { store, advance } = await harness.open({ notificationBytes: 100, notifications: 3 });
      const keep = async (notification: string, bytes: number) => {
        await store.intake(
          batch([entry(firing(notification))], { notification, unmatched: [firing('x')], keep: { body: { alerts: [], bytes }, bytes } }),
        );
        await advance(1);
      };
      const ids = async () => (await store.notifications(10)).map(({ id }) => id);
      await keep('a', 40);
      await keep('a', 40);
      await keep('b', 40);
      expect(await ids()).toEqual(['b', 'a']);
      expect(await store.notifications(1)).toEqual([{ id: 'b', source: 'main', receivedAt: start, alerts: 2 }]);
      expect(await store.notification('a')).toEqual({
        id: 'a',
        source: 'main',
        receivedAt: start,
        alerts: 2,
        body: { alerts: [], bytes: 40 },
      });
      await keep('c', 40);
      expect(await ids()).toEqual(['c', 'b']);
      expect(await store.notification('a')).toBeUndefined();
      await keep('huge', 101);
      expect(await ids()).toEqual(['c', 'b']);
      for (const id of ['d', 'e', 'f']) await keep(id, 1);
      expect(await ids()).toEqual(['f', 'e', 'd']);
    });
  });
}
