import { describe, expect, it } from 'vitest';
import { FaultBook } from '../../../../src/sandbox/patients/fault-book.ts';

describe('the faults of a patient', () => {
  function bookOf() {
    const told: string[] = [];
    const book = new FaultBook({
      kinds: { slow: { onset: ({ since }) => void told.push(`slow at ${since}`), isCured: () => false, isLasting: false } },
      clock: { now: () => 7 },
      refresh: () => void told.push('brought up to the present'),
    });
    return { book, told };
  }

  it('come over it as it is now, and show at once', () => {
    const { book, told } = bookOf();
    expect(book.inject('slow-stubborn', {})).toBe(true);
    expect(told).toEqual(['brought up to the present', 'slow at 7', 'brought up to the present']);
    expect(book.all()).toMatchObject([{ name: 'slow', isStubborn: true, since: 7, isCured: false }]);
  });

  it('are those that it can have', () => {
    const { book } = bookOf();
    expect([book.names, book.inject('full', {}), book.inject('constructor', {}), book.all()]).toEqual([['slow'], false, false, []]);
  });
});
