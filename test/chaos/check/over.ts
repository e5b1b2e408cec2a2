import type { Evidence, Invariant, RunStory, Violation } from './evidence.ts';
import { tolerance } from './tolerance.ts';

/** I7: nothing is begun for an alert that has been over for longer than evidence may be old, nor taken back for its end while it fires. */
export const whatIsOverIsLeft: Invariant = (evidence, { runs }) =>
  [...runs.values()].flatMap((run) => (run.isUndo ? takenBackTooSoon(evidence, run) : begunTooLate(evidence, run)));

function begunTooLate({ episodes }: Evidence, { id, fingerprint, effects }: RunStory): readonly Violation[] {
  const own = episodes.filter((episode) => episode.fingerprint === fingerprint);
  return effects.flatMap(({ hasChanged, what, target, at }): Violation[] => {
    const isOn = own.some(({ startsAt, endedAt }) => startsAt <= at && at <= (endedAt ?? Infinity) + tolerance.over);
    if (!hasChanged || isOn) return [];
    const last = Math.max(...own.map(({ endedAt }) => endedAt ?? 0).filter((end) => end <= at), 0);
    return [{ invariant: 'I7', what: `${what} ${at - last} ms after its alert was over`, about: id, target, at }];
  });
}

/** An undo that waits for the end of its alert, and comes while that has been known to fire for a good while. */
function takenBackTooSoon({ episodes, webhooks }: Evidence, { id, fingerprint, effects, entries }: RunStory): readonly Violation[] {
  const isForTheEnd = entries.some(({ type, data }) => type === 'run-created' && data['cause'] === 'resolved');
  if (!isForTheEnd) return [];
  return effects.flatMap(({ hasChanged, what, target, at }): Violation[] => {
    const firing = episodes.find((one) => one.fingerprint === fingerprint && one.startsAt < at && at < (one.endedAt ?? Infinity));
    if (!hasChanged || firing === undefined) return [];
    const known = webhooks.find(
      ({ fingerprint: told, status, sentAt, answeredAt }) =>
        told === fingerprint && status === 'firing' && sentAt >= firing.startsAt && (answeredAt ?? Infinity) < at - tolerance.over,
    );
    if (known === undefined) return [];
    return [
      { invariant: 'I7', what: `${what} takes back while its alert has fired for ${at - firing.startsAt} ms`, about: id, target, at },
    ];
  });
}
