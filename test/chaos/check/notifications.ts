import type { Invariant } from './evidence.ts';
import { tolerance } from './tolerance.ts';

/** I1: an alert whose notification was answered 202 has an incident, and the incident a run, or the journal says why not. */
export const notificationsAreKept: Invariant = ({ webhooks, episodes, journal, now, runs: atRest }, { runs }) => {
  const opened = new Map<string, string>();
  const refused = new Set<string>();
  for (const { type, incident, data } of journal) {
    if (type === 'incident-opened') opened.set(String(data['fingerprint']), incident ?? '');
    if (type === 'member-refused') refused.add(String(data['fingerprint']));
  }
  const ends = new Map<string, number>();
  for (const { fingerprint, endsAt = 0 } of webhooks) ends.set(fingerprint, Math.max(endsAt, ends.get(fingerprint) ?? 0));
  // What was over at its source before it had its run needs none.
  const over = new Set(
    episodes.filter(({ startsAt, endedAt }) => endedAt !== undefined && endedAt - startsAt < tolerance.taken).map((one) => one.fingerprint),
  );
  const begun = new Set([...runs.values()].map(({ incident }) => incident));
  return webhooks.flatMap(({ fingerprint, status, startsAt, answeredAt, notification }) => {
    const hasHadItsTime = atRest !== undefined || now - (answeredAt ?? now) >= tolerance.taken;
    if (status !== 'firing' || answeredAt === undefined || !hasHadItsTime) return [];
    if (refused.has(fingerprint)) return [];
    const incident = opened.get(fingerprint);
    // A `resolved` of the same episode that was taken first leaves a tombstone, which opens nothing.
    if (incident === undefined && (ends.get(fingerprint) ?? 0) >= startsAt) return [];
    const told = `alert ${fingerprint} (notification ${notification ?? '?'}) was answered 202`;
    if (incident === undefined) return [{ invariant: 'I1', what: `${told} and has no incident`, about: fingerprint, at: answeredAt }];
    if (begun.has(incident) || over.has(fingerprint)) return [];
    return [{ invariant: 'I1', what: `${told}, and its incident ${incident} has no run`, about: incident, at: answeredAt }];
  });
};
