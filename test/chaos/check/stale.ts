import type { Invariant, RunStory, Violation } from './evidence.ts';
import { tolerance } from './tolerance.ts';

/** I6: whoever has lost a run neither changes a target nor its record any more. */
export const staleWorkersDoNothing: Invariant = (_evidence, { runs }) =>
  [...runs.values()].flatMap((run) => [...olderFences(run), ...afterTheEnd(run), ...brokenChain(run), ...twiceApplied(run)]);

function olderFences({ id, effects }: RunStory): readonly Violation[] {
  let newest = 0;
  return effects.flatMap(({ sender, hasChanged, what, target, at }): Violation[] => {
    const fence = sender?.fence ?? 0;
    const isStale = fence < newest;
    newest = Math.max(newest, fence);
    if (!isStale || !hasChanged) return [];
    return [{ invariant: 'I6', what: `${what} under fence ${fence} after one under fence ${newest}`, about: id, target, at }];
  });
}

function afterTheEnd({ id, effects, end }: RunStory): readonly Violation[] {
  if (end === undefined) return [];
  // What cannot be refused may still be on its way: that is what `interrupted` says, and why its target stays locked.
  const mayArrive = (what: string) => what === 'ring' && end.phase === 'interrupted';
  return effects
    .filter(({ hasChanged, at, what }) => hasChanged && at > end.at + (mayArrive(what) ? tolerance.onItsWay : tolerance.clocks))
    .map(({ what, target, at }) => ({
      invariant: 'I6',
      what: `${what} ${at - end.at} ms after the run ended ${end.phase}`,
      about: id,
      target,
      at,
    }));
}

/** Each change of phase begins where the one before ended; a queued run begins without an entry of its own. */
function brokenChain({ id, entries }: RunStory): readonly Violation[] {
  let phase: string | undefined;
  return entries.flatMap(({ type, data, at }): Violation[] => {
    if (type !== 'phase-changed') return [];
    const from = String(data['from']);
    const before = phase ?? from;
    const isNext = from === before;
    phase = String(data['to']);
    return isNext ? [] : [{ invariant: 'I6', what: `a commit went from ${from} to ${phase} when the run was ${before}`, about: id, at }];
  });
}

function twiceApplied({ id, entries }: RunStory): readonly Violation[] {
  const seen = new Set<string>();
  return entries.flatMap(({ type, data, at }): Violation[] => {
    if (type !== 'step-applied') return [];
    const step = String(data['step']);
    const isSecond = seen.has(step);
    seen.add(step);
    return isSecond ? [{ invariant: 'I6', what: `step ${step} was committed as applied twice`, about: id, at }] : [];
  });
}
