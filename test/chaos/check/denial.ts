import type { Invariant, Violation } from './evidence.ts';

/** I8: where evidence fails or the target is protected, nothing happens, and the run says who denied. */
export const failedGuardsDeny: Invariant = ({ effects, episodes, runs = [] }, chronicle) => {
  const blind = new Set(episodes.filter(({ isBlind }) => isBlind).map(({ target }) => target));
  const isForbidden = (target: string): boolean => blind.has(target) || target.startsWith('kept-');
  const acts = effects
    .filter(({ sender, target, hasChanged }) => sender !== undefined && hasChanged && isForbidden(target))
    .map(({ sender, what, target, at }) => ({
      invariant: 'I8',
      what: `${what} on a target that ${blind.has(target) ? 'no evidence is known of' : 'is protected'}`,
      about: sender?.run ?? '',
      target,
      at,
    }));
  const fingerprints = new Map(episodes.map(({ fingerprint, target }) => [fingerprint, target]));
  const unsaid = runs.flatMap((run): Violation[] => {
    const target = fingerprints.get(chronicle.runs.get(run.id)?.fingerprint ?? '') ?? '';
    if (!isForbidden(target) || run.phase !== 'denied') return [];
    if (run.decisions.some(({ decision }) => decision === 'deny')) return [];
    return [{ invariant: 'I8', what: 'denied, and no guard says so', about: run.id, target, at: Date.parse(run.finishedAt ?? '') }];
  });
  return [...acts, ...unsaid];
};
