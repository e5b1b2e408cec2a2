import type { Invariant, Violation } from './evidence.ts';
import { tolerance } from './tolerance.ts';

/** I7: nothing is begun for an alert that has been over for longer than evidence may be old. */
export const whatIsOverIsLeft: Invariant = ({ episodes }, { runs }) =>
  [...runs.values()].flatMap((run) => {
    const own = episodes.filter(({ fingerprint }) => fingerprint === run.fingerprint);
    return run.effects.flatMap(({ hasChanged, what, target, at }): Violation[] => {
      const isOn = own.some(({ startsAt, endedAt }) => startsAt <= at && at <= (endedAt ?? Infinity) + tolerance.over);
      if (!hasChanged || isOn) return [];
      const last = Math.max(...own.map(({ endedAt }) => endedAt ?? 0).filter((end) => end <= at), 0);
      return [{ invariant: 'I7', what: `${what} ${at - last} ms after its alert was over`, about: run.id, target, at }];
    });
  });
