import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../../../src/app/game-day/event-queue.ts';

describe('EventQueue', () => {
  it('tells in the order of time what came in another, and holds back what is too new', async () => {
    const told: number[] = [];
    const queue = new EventQueue<{ readonly at: number }>(async ({ at }) => void told.push(at));
    for (const at of [30, 10, 50, 20]) queue.add({ at });
    await queue.flush(30);
    expect(told).toEqual([10, 20, 30]);
    queue.add({ at: 40 });
    await queue.flush(Infinity);
    expect(told).toEqual([10, 20, 30, 40, 50]);
  });
});
