import { z } from 'zod';
import type { Incident } from '../run/incident.ts';
import { shortened } from '../value/shortened.ts';
import { shortenedLabels } from './shortened-labels.ts';
import { timeText } from './time-text.ts';

const time = z.iso.datetime();
const labels = z.record(z.string(), z.string());

/** An incident and those of its members that are kept in full. Times are RFC 3339. */
export const IncidentView = z.strictObject({
  id: z.string(),
  rule: z.string(),
  subject: z.string(),
  source: z.string(),
  state: z.enum(['open', 'closed']),
  attempt: z.number(),
  firing: z.number(),
  run: z.string().nullable(),
  lastRun: z.strictObject({ id: z.string(), phase: z.string(), at: time }).nullable(),
  members: z.array(
    z.strictObject({ fingerprint: z.string(), status: z.string(), labels, startsAt: time, seenAt: time, endedAt: time.nullable() }),
  ),
  openedAt: time,
  closedAt: time.nullable(),
  closesAt: time.nullable(),
  seenAt: time,
  escalatedAt: time.nullable(),
  acknowledgedAt: time.nullable(),
});

export type IncidentView = z.infer<typeof IncidentView>;

/** Labels are cut: there are as many as alerts, and the runs have them whole. */
export function incidentView(incident: Incident): IncidentView {
  const { id, rule, subject, source, state, attempt, firing, run, lastRun, members } = incident;
  return {
    id,
    rule,
    subject: shortened(subject),
    source,
    state,
    attempt,
    firing,
    run: run ?? null,
    lastRun: lastRun === undefined ? null : { id: lastRun.id, phase: lastRun.phase, at: timeText(lastRun.at) },
    members: members.map(({ alert, seenAt, endedAt }) => ({
      fingerprint: alert.fingerprint,
      status: alert.status,
      labels: shortenedLabels(alert.labels),
      startsAt: timeText(alert.startsAt),
      seenAt: timeText(seenAt),
      endedAt: timeText(endedAt),
    })),
    openedAt: timeText(incident.openedAt),
    closedAt: timeText(incident.closedAt),
    closesAt: timeText(incident.closesAt),
    seenAt: timeText(incident.seenAt),
    escalatedAt: timeText(incident.escalatedAt),
    acknowledgedAt: timeText(incident.acknowledgedAt),
  };
}
