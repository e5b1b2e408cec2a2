import { describe, expect, it } from 'vitest';
import { apiPoints, workerPoints } from '../../chaos/kill-points.ts';
import { planOf, type Round } from '../../chaos/plan.ts';
import { stories } from '../../chaos/story.ts';

function rounds(seed: number, count: number): readonly Round[] {
  return planOf({ seed, workers: 3 }).take(count).toArray();
}

describe('a plan of chaos', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(rounds(42, 50)).toEqual(rounds(42, 50));
    expect(rounds(42, 50)).not.toEqual(rounds(43, 50));
  });

  it('comes to every point, story and kind of strike in a few hundred rounds', () => {
    const plan = rounds(1, 400);
    const points = new Set(plan.map(({ kill }) => (kill.kill === 'at-point' ? `${kill.point} ${kill.moment}` : '')));
    const all = [...workerPoints, ...apiPoints].flatMap((point) => ['before', 'during', 'after'].map((moment) => `${point} ${moment}`));
    expect(all.filter((point) => !points.has(point))).toEqual([]);
    const kinds = new Set(plan.flatMap((round) => round.stories.map(({ kind }) => kind)));
    expect([...kinds].toSorted()).toEqual(Object.keys(stories).toSorted());
    expect(new Set(plan.map(({ kill }) => kill.kill)).size).toBe(6);
    expect(new Set(plan.map(({ disturbance }) => disturbance?.disturb)).size).toBe(7);
  });

  it('gives every story a target of its own', () => {
    const ids = rounds(3, 200).flatMap((round) => round.stories.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
