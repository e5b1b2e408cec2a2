import type { Invariant, Violation } from './evidence.ts';

/** I4: a step changes its target's state at most once, and what cannot converge is asked for at most once. */
export const effectsHappenOnce: Invariant = ({ effects }) => {
  const changes = effects.filter(({ sender, hasChanged }) => sender !== undefined && hasChanged);
  const groups = Map.groupBy(changes, ({ sender, target, what }) => `${sender?.run ?? ''} ${target} ${what}`);
  return [...groups.values()].flatMap((same): Violation[] => {
    const second = same[1];
    if (second === undefined) return [];
    const what = `${second.what} happened ${same.length} times for run ${second.sender?.run ?? ''}: ${same.map(({ from, to }) => `${from} → ${to}`).join('; ')}`;
    return [{ invariant: 'I4', what, run: second.sender?.run ?? '', target: second.target, at: second.at }];
  });
};
