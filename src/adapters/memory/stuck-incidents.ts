import { firingMembers, type IncidentRecord } from './incident-record.ts';

/** See `Store.stuckIncidents`. */
export function stuckIncidents(
  records: ReadonlyMap<string, IncidentRecord>,
  before: number,
  phaseOf: (run: string) => string | undefined,
): string[] {
  return [...records.values()]
    .filter(({ state, openedAt, acknowledgedAt = -1 }) => state === 'open' && openedAt <= before && acknowledgedAt <= before)
    .filter(({ escalatedAt = -1, acknowledgedAt = -1 }) => escalatedAt < 0 || acknowledgedAt >= escalatedAt)
    .filter((incident) => firingMembers(incident) > 0)
    .filter(({ run, lastRun }) =>
      run === undefined ? lastRun?.phase === 'denied' || lastRun?.phase === 'expired' : phaseOf(run) === 'waiting',
    )
    .toSorted((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}
