import type { Member } from '../run/incident.ts';

/** The order in which an incident shows its members: by start, then by fingerprint. */
export function byStart(a: Member, b: Member): number {
  if (a.alert.startsAt !== b.alert.startsAt) return a.alert.startsAt - b.alert.startsAt;
  return a.alert.fingerprint < b.alert.fingerprint ? -1 : a.alert.fingerprint > b.alert.fingerprint ? 1 : 0;
}
