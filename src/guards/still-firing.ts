import { formatDuration } from '../value/duration.ts';
import { allow, deny } from './decide.ts';
import type { Guard } from './guard.ts';

/** By the source's evidence: Alertmanager's or Prometheus's word, or a recent receipt, which only a first attempt may use. */
export const stillFiring: Guard = {
  name: 'stillFiring',
  summary: 'The alert still fires and nobody has silenced it.',
  tier: 'mandatory',
  asks: 'outside',
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
      return allow(`received ${formatDuration(age)} ago`);
    }
    const standing = await evidence.standing(alert, signal);
    switch (standing.standing) {
      case 'firing':
        return allow('its source says that it fires');
      case 'suppressed':
        return { decision: 'supersede', reason: `suppressed by ${standing.by}` };
      case 'absent':
        return { decision: 'supersede', reason: 'its source no longer has it firing' };
    }
  },
};
