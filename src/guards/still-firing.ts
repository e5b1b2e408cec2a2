import type { Alert } from '../alert/alert.ts';
import type { Incident } from '../run/incident.ts';
import { formatDuration } from '../value/duration.ts';
import { allow, deny } from './decide.ts';
import type { DescribedGuard } from './guard.ts';

/** How long a receipt is evidence where no `maxAge` is set, ms. */
const receiptLasts = 900_000;

/** By the source's evidence: Alertmanager's or Prometheus's word, or a recent receipt, which only a first attempt may use. */
export const stillFiring: DescribedGuard = {
  name: 'stillFiring',
  summary: 'The alert still fires and is not silenced, as far as its source can be asked; a recent receipt serves where it cannot.',
  tier: 'mandatory',
  asks: 'outside',
  beforePlan: true,
  fallback: 'always; a receipt is evidence for 15m unless `maxAge` says otherwise',
  limit: 'none',
  outcomes: {
    supersede:
      'all alerts of the incident are resolved; its source does not have it any more, or has it silenced, inhibited or (since Alertmanager 0.28) muted for our receivers, which `receivers` of the source names: without it, for all',
    deny: 'received longer ago than `maxAge`; there is only a receipt, and it is too old, of a replay, or the attempt is not the first',
  },
  inputs: ({ evidence, run, seenAt, settings, incident }) => ({
    evidence: evidence.kindOf(run.source),
    seenAt: new Date(seenAt).toISOString(),
    maxAge: settings.maxAge === undefined ? null : formatDuration(settings.maxAge),
    firing: incident?.firing ?? null,
  }),
  async evaluate({ alert, run, incident, evidence, settings, seenAt, now, signal }) {
    if (incident !== undefined && incident.firing === 0) {
      return { decision: 'supersede', reason: 'every alert of the incident has been resolved' };
    }
    const age = now - seenAt;
    if (settings.maxAge !== undefined && age > settings.maxAge) {
      return deny(`the alert was last received ${formatDuration(age)} ago, more than maxAge ${formatDuration(settings.maxAge)}`);
    }
    if (evidence.kindOf(run.source) === 'receipt') {
      if (run.replayOf !== undefined) return deny('a replay is no evidence that the alert fires, and its source has no other');
      if (run.attempt > 1) return deny('receipt is evidence for a first attempt only; give the source `evidence: api`');
      if (settings.maxAge === undefined && age > receiptLasts) {
        return deny(
          `last received ${formatDuration(age)} ago, too long for receipt to be evidence; give the source \`evidence: api\`, or the rule \`maxAge\``,
        );
      }
      return allow(`received ${formatDuration(age)} ago`);
    }
    const standing = await evidence.standing(alert, signal);
    switch (standing.standing) {
      case 'firing':
        return allow('its source says that it fires');
      case 'suppressed':
        return { decision: 'supersede', reason: `suppressed by ${standing.by}` };
      case 'absent': {
        const others = otherMembers(incident, alert);
        if (others.length > 0 && (await evidence.anyFires(run.source, others, signal)))
          return allow('its source no longer has it firing, but has another alert of the incident');
        return { decision: 'supersede', reason: 'its source no longer has it firing' };
      }
    }
  },
};

/** The incident's other alerts: the pod whose alert opened it may be gone, and its siblings as ill as before. */
function otherMembers(incident: Incident | undefined, opener: Alert): readonly Alert[] {
  return (incident?.members ?? [])
    .filter(({ alert, endedAt }) => alert.source === opener.source && alert.fingerprint !== opener.fingerprint && endedAt === undefined)
    .map(({ alert }) => alert);
}
