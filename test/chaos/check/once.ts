import type { Effect } from '../world.ts';
import type { Invariant, Violation } from './evidence.ts';

/**
 * I4: a step changes its target's state at most once, and what cannot converge is asked for at most once. Where someone else has put the
 * old state back in between, a step that was cut off finds what it was planned from, and does its work again.
 */
export const effectsHappenOnce: Invariant = ({ effects }) => {
  const byTarget = Map.groupBy(effects, ({ target }) => target);
  return [...byTarget.values()].flatMap((onTarget) => {
    const done = new Map<string, Effect>();
    return onTarget.flatMap((effect): Violation[] => {
      const { sender, what, target, at } = effect;
      if (!effect.hasChanged) return [];
      if (sender === undefined) done.clear();
      if (sender === undefined) return [];
      const key = `${sender.run} ${what}`;
      const first = done.get(key);
      done.set(key, effect);
      if (first === undefined) return [];
      const told = `${what} happened twice for run ${sender.run}: ${first.from} → ${first.to}; ${effect.from} → ${effect.to}`;
      return [{ invariant: 'I4', what: told, about: sender.run, target, at }];
    });
  });
};
