import { describe, expect, it } from 'vitest';
import { start, type StoreHarness } from './harness.ts';
import { messageOf } from './messages.ts';

export function heartbeatContract(harness: StoreHarness): void {
  describe('heartbeats', () => {
    it('are known of each source by the last one, whoever took it in', async () => {
      const { store, other, advance } = await harness.open();
      expect(await store.heartbeats()).toEqual(new Map());
      await store.noteHeartbeat('main', start);
      await advance(5000);
      await other.noteHeartbeat('main', start + 4000);
      await other.noteHeartbeat('second', start + 1);
      expect(await store.heartbeats()).toEqual(
        new Map([
          ['main', start + 4000],
          ['second', start + 1],
        ]),
      );
    });

    it('never go back, nor ahead of the time', async () => {
      const { store } = await harness.open();
      await store.noteHeartbeat('main', start + 60_000);
      expect(await store.heartbeats()).toEqual(new Map([['main', start]]));
      await store.noteHeartbeat('main', start - 60_000);
      expect(await store.heartbeats()).toEqual(new Map([['main', start]]));
    });
  });

  describe('calls about what is no incident', () => {
    const call = messageOf('', { incident: 'heartbeat-main', key: 'heartbeat/main' });

    it('are one until they are ended, and those who took them are told', async () => {
      const { store, other, advance } = await harness.open();
      expect([await store.openCall(call), await other.openCall(call)]).toEqual([true, false]);
      const [taken] = await store.takeCalls(10, 1000);
      if (taken === undefined) throw new Error('there is no call');
      await store.settleCall(taken, { dueAt: start + 60_000, tries: 0, taken: ['pager'], entries: [] });
      await other.endCalls('heartbeat-main', 'heard again');
      expect(await store.takeCalls(10, 1000)).toMatchObject([{ handled: 'heard again', taken: ['pager'] }]);
      await advance(1);
      expect(await store.openCall(call)).toBe(true);
      expect(await store.takeCalls(10, 1000)).toMatchObject([{ tries: 0, taken: [] }]);
    });

    it('that are ended before there are any are not ended later', async () => {
      const { store } = await harness.open();
      await store.endCalls('heartbeat-main', 'heard again');
      expect(await store.openCall(call)).toBe(true);
      const [made] = await store.takeCalls(10, 1000);
      expect(made?.handled).toBe(undefined);
    });
  });
}
