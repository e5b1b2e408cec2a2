import { isEnd, type Invariant, type Violation } from './evidence.ts';
import { tolerance } from './tolerance.ts';

/** I9: every run ends; one that takes something back may wait for as long as its incident is open. */
export const everyRunEnds: Invariant = ({ now, runs }, chronicle) => {
  const old = [...chronicle.runs.values()]
    .filter(({ end, createdAt, isUndo }) => end === undefined && !isUndo && now - createdAt > tolerance.life)
    .map(({ id, createdAt, entries }) => {
      const last = entries.at(-1);
      const what = `run ${id} goes on after ${Math.round((now - createdAt) / 1000)} s; last: ${last?.type ?? 'nothing'} ${JSON.stringify(last?.data)}`;
      return { invariant: 'I9', what, about: id, at: createdAt };
    });
  const left = (runs ?? [])
    .filter(({ phase }) => !isEnd(phase))
    .map(({ id, phase, reason }) => ({ invariant: 'I9', what: `run ${id} is still ${phase}: ${reason}`, about: id, at: now }));
  return [...old, ...left];
};

/** I10: every end and every decision carries a reason, and what the API lists is what the journal tells. */
export const everythingHasAReason: Invariant = ({ runs, now, journal }, chronicle) => {
  const silent = journal
    .filter(({ type, data }) => type === 'decision' && (typeof data['reason'] !== 'string' || data['reason'] === ''))
    .map(({ run = '', at }) => ({ invariant: 'I10', what: 'a decision without a reason', about: run, at }));
  if (runs === undefined) return silent;
  const unreasoned = runs.flatMap(({ id, phase, reason, decisions }): Violation[] => {
    const dumb = decisions.find((decision) => decision.reason === '');
    if (dumb !== undefined) return [{ invariant: 'I10', what: `${dumb.guard} decided without a reason`, about: id, at: now }];
    if (reason === '') return [{ invariant: 'I10', what: `${phase} without a reason`, about: id, at: now }];
    const refusal =
      decisions.some(({ decision }) => decision !== 'allow') ||
      chronicle.runs.get(id)?.entries.some(({ type }) => type === 'decision' || type === 'approval-answered') === true;
    return phase === 'denied' && !refusal ? [{ invariant: 'I10', what: 'denied without a decision', about: id, at: now }] : [];
  });
  const listed = new Set(runs.map(({ id }) => id));
  const lost = [...chronicle.runs.keys()]
    .filter((id) => !listed.has(id))
    .map((id) => ({ invariant: 'I10', what: 'the journal tells of a run that the API does not have', about: id, at: now }));
  return [...silent, ...unreasoned, ...lost];
};

/**
 * Who needs a person gets one: an incident with a failed, expired or interrupted run has been called about, or was over before
 * the call could be made, and the journal says so.
 */
export const peopleAreCalled: Invariant = ({ runs, pages, journal, now }) => {
  const over = journal.filter(({ type, data }) => type === 'call-ended' && typeof data['reason'] === 'string' && data['reason'] !== '');
  const called = new Set([...pages, ...over].map(({ incident }) => incident));
  return (runs ?? [])
    .filter(({ phase, incident }) => ['failed', 'expired', 'interrupted'].includes(phase) && !called.has(incident))
    .map(({ id, phase }) => ({ invariant: 'I9', what: `${phase}, and nobody was called`, about: id, at: now }));
};
