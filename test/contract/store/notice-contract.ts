import { describe, expect, it } from 'vitest';
import type { QueuedNotice } from '../../../src/ports/people-store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { minute, start, type StoreHarness } from './harness.ts';
import { messageOf } from './messages.ts';

const hold = 1000;
const note = { type: 'decision' as const, data: {} };
const noticeOf = (stream: string, key: string): QueuedNotice => ({ stream, message: messageOf(`${stream}-1`, { key, kind: 'run-ended' }) });
const keysOf = async (store: Store) => (await store.takeNotices(10, hold)).map(({ stream, message }) => `${stream} ${message.key}`);

export function noticeContract(harness: StoreHarness): void {
  describe('notices', () => {
    it('begin at the end of the journal, and go on from a mark that only one moves', async () => {
      const { store, other } = await harness.open();
      await store.append([note, note]);
      const from = await store.noticesUpTo();
      expect(from).toBe((await store.journal('0', 10)).at(-1)?.id);
      await store.append([note]);
      const to = (await store.journal(from, 10))[0]?.id ?? '';
      expect(await other.noticesUpTo()).toBe(from);
      const moved = await Promise.all([store, other].map((one) => one.queueNotices({ from, to, notices: [noticeOf('s', 'a')] })));
      expect([moved.filter(Boolean), await other.noticesUpTo()]).toEqual([[true], to]);
      expect(await store.takeNotices(10, hold)).toEqual([{ ...noticeOf('s', 'a'), tries: 1 }]);
    });

    it('begin at nothing where the journal is empty', async () => {
      const { store } = await harness.open();
      const from = await store.noticesUpTo();
      await store.append([note]);
      expect(await store.journal(from, 10)).toHaveLength(1);
    });

    it('of one stream come one after the other, also when the first fails; others do not wait for it', async () => {
      const { store, other, advance } = await harness.open();
      const from = await store.noticesUpTo();
      await store.queueNotices({ from, to: '1-0', notices: [noticeOf('s', 'a'), noticeOf('s', 'b'), noticeOf('t', 'c')] });
      const taken = await Promise.all([store.takeNotices(10, hold), other.takeNotices(10, hold)]);
      expect(taken.flat().map(({ message }) => message.key)).toEqual(['a', 'c']);
      await store.settleNotice(noticeOf('s', 'a'), { retryAt: start + 5000, entries: [] });
      await store.settleNotice(noticeOf('t', 'c'), { entries: [] });
      await advance(4999);
      expect(await store.takeNotices(10, hold)).toEqual([]);
      await advance(1);
      expect(await store.takeNotices(10, hold)).toMatchObject([{ stream: 's', message: { key: 'a' }, tries: 2 }]);
      await store.settleNotice(noticeOf('s', 'a'), { entries: [{ type: 'notice-dropped', data: {} }] });
      expect((await store.journal('0', 10)).at(-1)?.type).toBe('notice-dropped');
      // Told a second time, by one who was slow: it is not the first any more.
      await store.settleNotice(noticeOf('s', 'a'), { entries: [note] });
      expect(await store.takeNotices(10, hold)).toMatchObject([{ message: { key: 'b' }, tries: 1 }]);
      await store.settleNotice(noticeOf('s', 'b'), { entries: [] });
      await advance(minute);
      expect([await store.takeNotices(10, hold), (await store.journal('0', 10)).length]).toEqual([[], 1]);
    });

    it('come back when nobody says what came of them', async () => {
      const { store, advance } = await harness.open();
      await store.queueNotices({ from: await store.noticesUpTo(), to: '1-0', notices: [noticeOf('s', 'a')] });
      expect(await keysOf(store)).toEqual(['s a']);
      expect(await keysOf(store)).toEqual([]);
      await advance(hold);
      expect(await store.takeNotices(10, hold)).toMatchObject([{ tries: 2 }]);
    });

    it('are queued once by stream and key, for as long as keys are remembered', async () => {
      const { store, advance } = await harness.open({ noticeLife: minute });
      const queue = async (...notices: QueuedNotice[]) => {
        const from = await store.noticesUpTo();
        return await store.queueNotices({ from, to: `${Number.parseInt(from, 10) + 1}-0`, notices });
      };
      await queue(noticeOf('s', 'a'), noticeOf('s', 'a'));
      await queue(noticeOf('s', 'a'), noticeOf('t', 'a'));
      expect(await keysOf(store)).toEqual(['s a', 't a']);
      await store.settleNotice(noticeOf('s', 'a'), { entries: [] });
      await store.settleNotice(noticeOf('t', 'a'), { entries: [] });
      await queue(noticeOf('s', 'a'));
      expect(await keysOf(store)).toEqual([]);
      await advance(minute);
      await queue(noticeOf('s', 'a'));
      expect(await keysOf(store)).toEqual(['s a']);
    });
  });
}
