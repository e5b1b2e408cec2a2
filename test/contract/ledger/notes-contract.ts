import { describe, expect, it } from 'vitest';
import type { Claimable } from '../../../src/ports/ledger.ts';
import { ask, hour, start, type LedgerUnderTest } from './ledger-under-test.ts';

const lock = (key: string): Claimable => ({ kind: 'lock', key, lease: 10_000 });

/** What every form of the ledger must do with places and with what it is told has happened. */
export function notesContract(open: () => Promise<LedgerUnderTest>): void {
  describe('slots', () => {
    const slot = (max: number, lease = 10_000): Claimable => ({ kind: 'slot', key: 's', max, lease });

    it('are held by so many runs at once, until released or until the lease is over', async () => {
      const { ledger, other, advance } = await open();
      for (const run of ['a', 'b', 'a']) expect(await ask(ledger, run, slot(2))).toMatchObject({ outcome: 'granted' });
      expect(await ask(other, 'c', slot(2))).toMatchObject({ outcome: 'refused', refusal: 'slot', claim: slot(2), holders: ['a', 'b'] });
      await ledger.release('a', []);
      expect(await ask(ledger, 'c', slot(2))).toMatchObject({ outcome: 'granted' });
      advance(9999);
      expect(await ask(ledger, 'd', slot(2))).toMatchObject({ outcome: 'refused' });
      advance(1);
      expect(await ask(ledger, 'd', slot(2))).toMatchObject({ outcome: 'granted' });
    });

    it('last as long as the locks that a run extends, and end with a quarantine', async () => {
      const { ledger, advance } = await open();
      await ask(ledger, 'a', slot(1), lock('x'));
      expect(await ledger.extend('a', ['x'], 30_000)).toBe(true);
      advance(29_999);
      expect(await ask(ledger, 'b', slot(1))).toMatchObject({ outcome: 'refused' });
      await ledger.quarantine('a', ['x']);
      expect(await ask(ledger, 'b', slot(1))).toMatchObject({ outcome: 'granted' });
      advance(10_000);
      expect(await ledger.extend('b', [], 1000)).toBe(false);
    });
  });

  describe('tallies and flags', () => {
    const limit = { count: 2, window: 1000 };
    const tally: Claimable = { kind: 'tally', key: 't', limit };
    const flag: Claimable = { kind: 'flag', key: 'f' };
    const noted = (what: string, text?: string) => ({
      kind: 'tally' as const,
      key: 't',
      what,
      limit,
      ...(text === undefined ? {} : { flag: { key: 'f', reason: text } }),
    });

    it('deny while as many different things lie in the window', async () => {
      const { ledger, advance } = await open();
      await ledger.note([noted('a'), noted('a')]);
      expect(await ask(ledger, 'r1', tally)).toMatchObject({ outcome: 'granted' });
      advance(400);
      await ledger.note([noted('b')]);
      expect(await ask(ledger, 'r2', tally)).toMatchObject({ outcome: 'refused', refusal: 'tally', until: start + 1001 });
      advance(600);
      expect(await ask(ledger, 'r2', tally)).toMatchObject({ outcome: 'refused' });
      advance(1);
      expect(await ask(ledger, 'r2', tally)).toMatchObject({ outcome: 'granted' });
    });

    it('put a flag up that stays until it is lowered, and then begin anew', async () => {
      const { ledger, other, advance } = await open();
      await ledger.note([noted('a', 'twice')]);
      expect(await ask(ledger, 'r', flag)).toMatchObject({ outcome: 'granted' });
      await ledger.note([noted('b', 'twice')]);
      advance(365 * 24 * hour);
      const refused = await ask(other, 'r', flag);
      expect(refused).toMatchObject({ outcome: 'refused', refusal: 'flag', reason: 'twice', since: start });
      expect(await other.standing()).toEqual({ flags: [{ key: 'f', since: start, reason: 'twice' }], storms: [] });
      expect(await other.lower('f', ['t'])).toBe(true);
      expect(await other.lower('f', ['t'])).toBe(false);
      await ledger.note([noted('c', 'twice')]);
      expect(await ask(ledger, 'r', flag)).toMatchObject({ outcome: 'granted' });
    });
  });

  describe('spreads', () => {
    const limit = { count: 3, window: 1000 };
    const to = (what: string, grows = false): Claimable => ({ kind: 'spread', key: 'p', what, limit, grows });
    const ended = (what: string, isGood: boolean) => ({ kind: 'ended' as const, key: 'p', what, limit, isGood });

    it('reach so many different targets in any interval', async () => {
      const { ledger, advance } = await open();
      expect(await ask(ledger, 'a', to('1'), to('2'), to('1'))).toMatchObject({ outcome: 'granted' });
      advance(500);
      expect(await ask(ledger, 'b', to('2'))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'c', to('3'), to('4'))).toMatchObject({ outcome: 'refused', refusal: 'spread', claim: to('4') });
      expect(await ask(ledger, 'c', to('3'))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'd', to('4'))).toMatchObject({ outcome: 'refused', until: start + 1001 });
      advance(501);
      expect(await ask(ledger, 'd', to('4'))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'a', to('1'))).toMatchObject({ outcome: 'granted' });
      const four = await ask(ledger, 'e', to('5'), to('6'), to('7'), to('8'));
      expect(four).toMatchObject({ outcome: 'refused', refusal: 'spread' });
    });

    it('grow by what ended well only', async () => {
      const { ledger } = await open();
      expect(await ask(ledger, 'a', to('1', true))).toMatchObject({ outcome: 'granted' });
      const second = await ask(ledger, 'b', to('2', true));
      expect(second).toMatchObject({ outcome: 'refused', refusal: 'growth' });
      expect(second).not.toHaveProperty('until');
      await ledger.note([ended('1', false)]);
      expect(await ask(ledger, 'b', to('2', true))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'c', to('3', true))).toMatchObject({ outcome: 'refused', refusal: 'growth' });
      await ledger.note([ended('2', true)]);
      expect(await ask(ledger, 'c', to('3', true), to('1', true))).toMatchObject({ outcome: 'granted' });
    });

    it('let one run begin all of its targets when no other is under way, and go on', async () => {
      const { ledger } = await open();
      expect(await ask(ledger, 'a', to('1', true), to('2', true))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'b', to('3', true))).toMatchObject({ outcome: 'refused', refusal: 'growth' });
      expect(await ask(ledger, 'a', to('3', true))).toMatchObject({ outcome: 'granted' });
    });

    it('grow no more by what was good for a while', async () => {
      const { ledger } = await open();
      await ask(ledger, 'a', to('1', true));
      await ledger.note([ended('1', true)]);
      expect(await ask(ledger, 'b', to('2', true))).toMatchObject({ outcome: 'granted' });
      await ledger.note([{ kind: 'spoilt', key: 'p', what: '1', limit }]);
      expect(await ask(ledger, 'c', to('3', true))).toMatchObject({ outcome: 'refused', refusal: 'growth' });
    });
  });

  describe('storms', () => {
    const storm: Claimable = { kind: 'storm', key: 'subjects' };
    const seen = (...what: readonly string[]) => ({
      kind: 'sighting' as const,
      key: 'subjects',
      what,
      limit: { count: 2, window: 1000 },
      quiet: 5000,
    });

    it('begin with too many different things at once, and are over after quiet', async () => {
      const { ledger, other, advance } = await open();
      await ledger.note([seen('1', '2', '2'), seen('1')]);
      expect(await ask(ledger, 'a', storm)).toMatchObject({ outcome: 'granted' });
      advance(1000);
      await ledger.note([seen('3')]);
      expect(await ask(other, 'a', storm)).toMatchObject({
        outcome: 'refused',
        refusal: 'storm',
        since: start + 1000,
        until: start + 6000,
      });
      advance(500);
      await other.note([seen('3', '4', '5', '6')]);
      expect(await other.standing()).toEqual({ flags: [], storms: [{ key: 'subjects', since: start + 1000, until: start + 6500 }] });
      advance(4999);
      expect(await ask(ledger, 'a', storm)).toMatchObject({ outcome: 'refused' });
      advance(1);
      expect(await ask(ledger, 'a', storm)).toMatchObject({ outcome: 'granted' });
      expect((await ledger.standing()).storms).toEqual([]);
    });

    it('do not come of many that are far apart', async () => {
      const { ledger, advance } = await open();
      for (const what of ['1', '2', '3', '4', '5']) {
        await ledger.note([seen(what)]);
        advance(501);
      }
      expect(await ask(ledger, 'a', storm)).toMatchObject({ outcome: 'granted' });
    });
  });
}
