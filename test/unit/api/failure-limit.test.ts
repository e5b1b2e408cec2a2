import { describe, expect, it } from 'vitest';
import { FailureLimit } from '../../../src/api/failure-limit.ts';

let now = 1_000_000;
const limit = () => new FailureLimit({ now: () => now });

function waits(of: FailureLimit, times: number, from: { address: string; identity?: string }): number[] {
  return Array.from({ length: times }, () => of.note({ address: from.address, identity: from.identity }));
}

describe('failures to prove who one is', () => {
  it('are limited by address, and forgotten one every three seconds', () => {
    const failures = limit();
    expect(waits(failures, 22, { address: '10.0.0.1' })).toEqual([...Array<number>(20).fill(0), 3, 3]);
    expect([failures.isOver('10.0.0.1'), failures.isOver('10.0.0.2')]).toEqual([true, false]);
    now += 3000;
    expect(waits(failures, 2, { address: '10.0.0.1' })).toEqual([3, 3]);
    now += 60_000;
    expect([failures.isOver('10.0.0.1'), ...waits(failures, 2, { address: '10.0.0.1' })]).toEqual([false, 0, 0]);
  });

  it('are limited by claimed identity, wherever it is claimed from', () => {
    const failures = limit();
    const from = (index: number) => ({ address: `10.0.1.${index}`, identity: 'alice' });
    const seen = Array.from({ length: 21 }, (_, index) => failures.note(from(index)));
    expect(seen).toEqual([...Array<number>(20).fill(0), 3]);
    expect(failures.note({ address: '10.0.1.99', identity: 'bob' })).toBe(0);
  });

  it('of a network of IPv6, and of an IPv4 address in either writing, are one sender’s', () => {
    const failures = limit();
    waits(failures, 10, { address: '2001:db8:1:2::1' });
    waits(failures, 10, { address: '2001:db8:1:2:ffff:1:2:3' });
    expect(failures.isOver('2001:db8:1:2::9')).toBe(true);
    expect(failures.isOver('2001:db8:1:3::9')).toBe(false);
    waits(failures, 20, { address: '::ffff:10.9.9.9' });
    expect(failures.isOver('10.9.9.9')).toBe(true);
    waits(failures, 20, { address: '::1' });
    expect([failures.isOver('::1'), failures.isOver('::'), failures.isOver('fe80::1%eth0')]).toEqual([true, true, false]);
  });

  it('take bounded memory, and made-up identities push no address out of it', () => {
    const failures = limit();
    waits(failures, 21, { address: '10.0.0.1' });
    for (let index = 0; index < 30_000; index += 1) failures.note({ address: '10.0.0.1', identity: `made-up-${index}` });
    expect(failures.isOver('10.0.0.1')).toBe(true);
    for (let index = 0; index < 30_000; index += 1)
      failures.note({ address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, identity: undefined });
    expect(failures.size).toBe(20_000);
  });

  it('are forgotten neither faster nor never where the clock is set back', () => {
    const failures = limit();
    waits(failures, 21, { address: '10.0.0.1' });
    now -= 1_000_000_000;
    expect(failures.isOver('10.0.0.1')).toBe(true);
    expect(waits(failures, 1, { address: '10.0.0.1' })).toEqual([3]);
    now += 60_000;
    expect(failures.isOver('10.0.0.1')).toBe(false);
  });
});
