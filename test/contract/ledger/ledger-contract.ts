import { describe, expect, it } from 'vitest';
import type { Claimable } from '../../../src/ports/ledger.ts';
import { ask, hour, start, type LedgerUnderTest } from './ledger-under-test.ts';

const cooldown = (key: string): Claimable => ({ kind: 'cooldown', key });
const rate = (key: string, count: number, window: number): Claimable => ({ kind: 'rate', key, rate: { count, window } });
const effect = (name: string): Claimable => ({ kind: 'rate', key: 'r', rate: { count: 3, window: 1000 }, perEffect: name });
const attempts = (key: string, max: number): Claimable => ({ kind: 'attempts', key, max });
const lock = (key: string, lease = 10_000): Claimable => ({ kind: 'lock', key, lease });

/** What every form of the ledger must do. */
export function ledgerContract(open: () => Promise<LedgerUnderTest>): void {
  it('grants what nobody else has, once, and says whether the run is charged now', async () => {
    const { ledger } = await open();
    expect(await ask(ledger, 'a', rate('r', 1, hour), lock('x'))).toEqual({ outcome: 'granted', time: start, charged: true });
    expect(await ask(ledger, 'a', rate('r', 1, hour), lock('x'))).toEqual({ outcome: 'granted', time: start, charged: false });
    expect(await ask(ledger, 'b')).toEqual({ outcome: 'granted', time: start, charged: true });
  });

  it('takes all or nothing, and names the first claim it refuses', async () => {
    const { ledger } = await open();
    await ask(ledger, 'a', lock('y'));
    const refused = await ask(ledger, 'b', lock('x'), rate('r', 1, hour), attempts('i', 1), lock('y'), rate('never', 0, hour));
    expect(refused).toMatchObject({
      outcome: 'refused',
      claim: lock('y'),
      holder: 'a',
      until: start + 10_000,
      reason: expect.stringContaining('a') as string,
    });
    expect(await ask(ledger, 'c', lock('x'), rate('r', 1, hour), attempts('i', 1))).toMatchObject({ outcome: 'granted' });
  });

  it('peeks without taking', async () => {
    const { ledger, other } = await open();
    const claims = [rate('r', 1, hour), attempts('i', 1), lock('x'), cooldown('c')];
    expect(await ledger.peek({ run: 'a', fence: 0, claims })).toEqual({ outcome: 'granted', time: start, charged: true });
    expect(await ask(other, 'b', ...claims)).toMatchObject({ outcome: 'granted' });
    expect(await ledger.peek({ run: 'a', fence: 0, claims })).toMatchObject({
      outcome: 'refused',
      claim: claims[0],
      until: start + hour + 1,
    });
  });

  it('refuses a worker whose fence is older than one it has seen', async () => {
    const { ledger } = await open();
    await ledger.acquire({ run: 'a', fence: 1_000_002, claims: [lock('x')] });
    expect(await ledger.acquire({ run: 'a', fence: 1_000_001, claims: [lock('y')] })).toMatchObject({
      outcome: 'refused',
      claim: lock('y'),
    });
    expect(await ledger.peek({ run: 'a', fence: 0, claims: [lock('y')] })).toMatchObject({ outcome: 'granted' });
    expect(await ledger.acquire({ run: 'a', fence: 1_000_002, claims: [lock('y')] })).toMatchObject({ outcome: 'granted' });
  });

  describe('cooldowns', () => {
    it('let those pass who belong to the group that started them, and nobody else', async () => {
      const { ledger, advance } = await open();
      const of = (group: string): Claimable => ({ kind: 'cooldown', key: 'c', group });
      await ledger.cool([{ key: 'c', length: 1000, group: 'g' }]);
      expect(await ask(ledger, 'a', of('g'))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'b', of('h'))).toMatchObject({ outcome: 'refused', until: start + 1000 });
      expect(await ask(ledger, 'b', cooldown('c'))).toMatchObject({ outcome: 'refused', until: start + 1000 });
      await ledger.cool([{ key: 'c', length: 400, group: 'h' }]);
      expect(await ask(ledger, 'a', of('g'))).toMatchObject({ outcome: 'refused', until: start + 400 });
      await ledger.cool([{ key: 'c', length: 2000 }]);
      expect(await ask(ledger, 'a', of('g'))).toMatchObject({ outcome: 'refused', until: start + 2000 });
      advance(2000);
      expect(await ask(ledger, 'a', cooldown('c'))).toMatchObject({ outcome: 'granted' });
    });

    it('deny until they are over', async () => {
      const { ledger, advance } = await open();
      await ledger.cool([{ key: 'c', length: 1000 }]);
      expect(await ask(ledger, 'a', cooldown('c'))).toMatchObject({ outcome: 'refused', claim: cooldown('c'), until: start + 1000 });
      expect(await ask(ledger, 'a', cooldown('d'))).toMatchObject({ outcome: 'granted' });
      advance(999);
      expect(await ask(ledger, 'a', cooldown('c'))).toMatchObject({ outcome: 'refused' });
      advance(1);
      expect(await ask(ledger, 'a', cooldown('c'))).toMatchObject({ outcome: 'granted' });
    });

    it('are not made shorter by shorter ones', async () => {
      const { ledger } = await open();
      await ledger.cool([
        { key: 'c', length: 5000 },
        { key: 'd', length: 0 },
      ]);
      await ledger.cool([{ key: 'c', length: 1000 }]);
      await ledger.cool([]);
      expect(await ask(ledger, 'a', cooldown('c'))).toMatchObject({ until: start + 5000 });
      expect(await ask(ledger, 'a', cooldown('d'))).toMatchObject({ outcome: 'granted' });
      await ledger.cool([{ key: 'c', length: 6000 }]);
      expect(await ask(ledger, 'a', cooldown('c'))).toMatchObject({ until: start + 6000 });
    });
  });

  describe('rates', () => {
    it('never grant more than their number in any interval, ends included', async () => {
      const { ledger, advance } = await open();
      const claim = rate('r', 2, 1000);
      expect(await ask(ledger, 'a', claim)).toMatchObject({ outcome: 'granted' });
      advance(400);
      expect(await ask(ledger, 'b', claim)).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'c', claim)).toMatchObject({ outcome: 'refused', until: start + 1001 });
      advance(600);
      expect(await ask(ledger, 'c', claim)).toMatchObject({ outcome: 'refused', until: start + 1001 });
      advance(1);
      expect(await ask(ledger, 'c', claim)).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'd', claim)).toMatchObject({ outcome: 'refused', until: start + 1401 });
    });

    it('charge a run once, also long after, and never deny what it was charged for', async () => {
      const { ledger, advance } = await open();
      const claim = rate('r', 1, 1000);
      await ask(ledger, 'a', claim);
      advance(2000);
      expect(await ask(ledger, 'b', claim)).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'a', claim)).toMatchObject({ outcome: 'granted' });
      advance(1001);
      expect(await ask(ledger, 'a', claim)).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'c', claim)).toMatchObject({ outcome: 'granted' });
    });

    it('count each effect where they are told to, also several of one request', async () => {
      const { ledger, advance } = await open();
      const effects = (...names: readonly string[]) => names.map(effect);
      expect(await ask(ledger, 'a', ...effects('1', '2'))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'a', ...effects('1', '2'))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'a', ...effects('2', '3', '4'))).toMatchObject({
        outcome: 'refused',
        claim: effect('4'),
        until: start + 1001,
      });
      expect(await ask(ledger, 'b', ...effects('1', '2', '3', '4'))).toMatchObject({ outcome: 'refused', claim: effect('2') });
      expect(await ask(ledger, 'b', ...effects('1'))).toMatchObject({ outcome: 'granted' });
      advance(1001);
      const four = await ask(ledger, 'c', ...effects('1', '2', '3', '4'));
      expect(four).toMatchObject({ outcome: 'refused', claim: effect('4') });
      expect(four).not.toHaveProperty('until');
    });

    it('keep windows of one key apart, and a count of nought forbids for ever', async () => {
      const { ledger, advance } = await open();
      const both = [rate('r', 1, 1000), rate('r', 2, hour)];
      expect(await ask(ledger, 'a', ...both)).toMatchObject({ outcome: 'granted' });
      advance(1001);
      expect(await ask(ledger, 'b', ...both)).toMatchObject({ outcome: 'granted' });
      advance(1001);
      expect(await ask(ledger, 'c', ...both)).toMatchObject({ outcome: 'refused', claim: both[1], until: start + hour + 1 });
      const never = await ask(ledger, 'd', rate('n', 0, hour));
      expect(never).toMatchObject({ outcome: 'refused' });
      expect(never).not.toHaveProperty('until');
    });
  });

  it('counts charged runs as attempts, and each once', async () => {
    const { ledger, advance } = await open();
    const claim = attempts('incident', 2);
    for (const run of ['a', 'b', 'a', 'b']) expect(await ask(ledger, run, claim)).toMatchObject({ outcome: 'granted' });
    advance(24 * hour);
    const refused = await ask(ledger, 'c', claim);
    expect(refused).toMatchObject({ outcome: 'refused', claim });
    expect(refused).not.toHaveProperty('until');
    expect(await ask(ledger, 'a', claim)).toMatchObject({ outcome: 'granted' });
    expect(await ask(ledger, 'c', attempts('incident', 3))).toMatchObject({ outcome: 'granted' });
    expect(await ask(ledger, 'd', attempts('other', 0))).toMatchObject({ outcome: 'refused' });
  });

  describe('locks', () => {
    it('are held by one run until released or until the lease is over', async () => {
      const { ledger, other, advance } = await open();
      const answers = await Promise.all([ask(ledger, 'a', lock('x')), ask(other, 'b', lock('x'))]);
      expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual(['granted', 'refused']);
      const holder = answers[0]?.outcome === 'granted' ? 'a' : 'b';
      const waiter = holder === 'a' ? 'b' : 'a';
      await ledger.release(waiter, ['x']);
      expect(await ask(ledger, waiter, lock('x'))).toMatchObject({ outcome: 'refused', holder });
      await other.release(holder, ['x', 'y']);
      expect(await ask(ledger, waiter, lock('x'))).toMatchObject({ outcome: 'granted' });
      advance(9999);
      expect(await ask(ledger, holder, lock('x'))).toMatchObject({ outcome: 'refused', until: start + 10_000 });
      advance(1);
      expect(await ask(ledger, holder, lock('x'))).toMatchObject({ outcome: 'granted' });
    });

    it('can be lengthened by their run, and never shortened', async () => {
      const { ledger, advance } = await open();
      await ask(ledger, 'a', lock('x'), lock('y'));
      advance(5000);
      expect(await ledger.extend('a', ['x', 'y'], 10_000)).toBe(true);
      expect(await ledger.extend('a', ['x'], 1)).toBe(true);
      expect(await ask(ledger, 'a', lock('x', 1))).toMatchObject({ outcome: 'granted' });
      expect(await ledger.extend('a', ['x', 'z'], 20_000)).toBe(false);
      expect(await ledger.extend('b', ['y'], 20_000)).toBe(false);
      expect(await ledger.extend('a', [], 1)).toBe(true);
      expect(await ask(ledger, 'b', lock('y'))).toMatchObject({ until: start + 15_000 });
      expect(await ask(ledger, 'b', lock('x'))).toMatchObject({ until: start + 25_000 });
      advance(10_000);
      expect(await ledger.extend('a', ['y'], 10_000)).toBe(false);
    });

    it('stay for ever with a run whose outcome is unknown, until it gives them back', async () => {
      const { ledger, advance } = await open();
      await ask(ledger, 'a', lock('x'));
      await ask(ledger, 'b', lock('z'));
      await ledger.quarantine('a', ['x', 'y', 'z']);
      advance(365 * 24 * hour);
      const refused = await ask(ledger, 'b', lock('x'));
      expect(refused).toMatchObject({ outcome: 'refused', holder: 'a', reason: expect.stringContaining('quarantined') as string });
      expect(refused).not.toHaveProperty('until');
      expect(await ask(ledger, 'b', lock('y'))).toMatchObject({ outcome: 'refused', holder: 'a' });
      expect(await ask(ledger, 'b', lock('z'))).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'a', lock('x', 1))).toMatchObject({ outcome: 'granted' });
      expect(await ledger.extend('a', ['x'], 1)).toBe(true);
      expect(await ask(ledger, 'b', lock('x'))).toMatchObject({ outcome: 'refused' });
      await ledger.release('a', ['x', 'y', 'z']);
      expect(await ask(ledger, 'b', lock('x'), lock('y'))).toMatchObject({ outcome: 'granted' });
    });
  });

  describe('a run that has ended', () => {
    it('gives back what it holds, also places, is given nothing any more, and leaves what it was charged for to count', async () => {
      const { ledger, other, advance } = await open();
      const slot: Claimable = { kind: 'slot', key: 's', max: 1, lease: hour };
      const claims = [rate('r', 2, hour), attempts('i', 1), lock('x'), slot];
      await ask(ledger, 'a', ...claims);
      await ask(ledger, 'b', lock('y'));
      await ledger.settle('a', ['x', 'y'], 5000);
      const late = await ask(other, 'a', lock('x'), slot);
      expect(late).toMatchObject({ outcome: 'refused', claim: lock('x'), refusal: 'ended', reason: 'run a has ended' });
      expect(await ask(ledger, 'c', lock('y'))).toMatchObject({ outcome: 'refused', holder: 'b' });
      expect(await ask(ledger, 'c', attempts('i', 1))).toMatchObject({ outcome: 'refused' });
      expect(await ask(ledger, 'c', rate('r', 2, hour), lock('x'), slot)).toMatchObject({ outcome: 'granted' });
      expect(await ask(ledger, 'd', rate('r', 2, hour))).toMatchObject({ outcome: 'refused', until: start + hour + 1 });
      advance(4999);
      expect(await ask(ledger, 'a', rate('other', 1, hour))).toMatchObject({ outcome: 'refused', refusal: 'ended' });
    });

    it('is charged anew when it asks long after, in no place of what it was charged for before', async () => {
      const { ledger, advance } = await open();
      await ask(ledger, 'a', rate('r', 2, hour), attempts('i', 1));
      await ledger.settle('a', [], 1000);
      advance(1000);
      expect(await ask(ledger, 'a', rate('r', 2, hour), attempts('i', 1))).toMatchObject({ outcome: 'granted', charged: true });
      expect(await ask(ledger, 'b', rate('r', 2, hour))).toMatchObject({ outcome: 'refused', until: start + hour + 1 });
      expect(await ask(ledger, 'a', rate('r', 2, hour))).toMatchObject({ outcome: 'granted', charged: false });
    });

    it('need not have asked for anything before, and is refused for the longest that it was told to be', async () => {
      const { ledger, advance } = await open();
      await ledger.settle('a', ['x'], 9000);
      await ledger.settle('a', ['x'], 1000);
      advance(8000);
      expect(await ask(ledger, 'a', lock('x'))).toMatchObject({ outcome: 'refused', refusal: 'ended' });
      expect(await ledger.peek({ run: 'a', fence: 0, claims: [lock('x')] })).toMatchObject({ outcome: 'granted' });
    });
  });

  it('keeps thousands of subjects apart', async () => {
    const { ledger, advance } = await open();
    const names = Array.from({ length: 1500 }, (_none, index) => `subject-${index}`);
    await ledger.cool(names.map((key, index) => ({ key, length: index % 2 === 0 ? 1000 : 9000, group: `group of ${key}` })));
    advance(1000);
    // Whoever writes now takes away what is over beside it, and nothing else.
    for (const name of names.slice(0, 300)) await ask(ledger, `run-${name}`, attempts(name, 1));
    const answers = await Promise.all(
      names.map((key) => ledger.peek({ run: 'a', fence: 0, claims: [{ kind: 'cooldown', key, group: 'another' }] })),
    );
    expect(answers.map(({ outcome }) => outcome)).toEqual(names.map((_name, index) => (index % 2 === 0 ? 'granted' : 'refused')));
    const tries = await Promise.all(names.map((key) => ledger.peek({ run: 'b', fence: 0, claims: [attempts(key, 1)] })));
    expect(tries.map(({ outcome }) => outcome)).toEqual(names.map((_name, index) => (index < 300 ? 'refused' : 'granted')));
  });

  it('goes by a time that never goes back', async () => {
    const { ledger, advance, setTime } = await open();
    await ask(ledger, 'a', lock('x', 1000), rate('r', 1, 1000));
    advance(1000);
    expect(await ask(ledger, 'b', lock('x'))).toMatchObject({ outcome: 'granted' });
    setTime(start - hour);
    expect(await ask(ledger, 'c', rate('r', 1, 1000))).toMatchObject({ outcome: 'refused', time: start + 1000 });
  });

  it('takes keys of any text', async () => {
    const { ledger } = await open();
    const odd = ['', ' ', '{x}', 'a:b\n"c"', 'ü'.repeat(500), 'k'.repeat(1000)];
    for (const key of odd) {
      expect(await ask(ledger, `run ${key}`, lock(key), rate(key, 1, hour), attempts(key, 1), cooldown(key))).toMatchObject({
        outcome: 'granted',
      });
      expect(await ask(ledger, 'other', lock(key))).toMatchObject({ outcome: 'refused', claim: lock(key) });
    }
  });
}
