import { formatDuration } from '../value/duration.ts';
import { allow } from './decide.ts';
import type { DescribedGuard } from './guard.ts';

/** Holds the run while other alerts fire at the same source, in the same namespace unless the rule widens it. */
export const holdWhile: DescribedGuard = {
  name: 'holdWhile',
  summary: 'None of the alerts that the rule waits for is firing.',
  tier: 'configurable',
  asks: 'outside',
  beforePlan: true,
  unanswered: 'defer',
  fallback: 'none',
  limit: 'none',
  outcomes: { defer: 'such an alert fires, or its source cannot be asked; after `warnAfter` (1h) a warning says that it holds too long' },
  inputs: ({ settings }) => ({ holdWhile: settings.holdWhile.map(({ matchers, scope }) => ({ matchers, scope })) }),
  async evaluate({ settings, run, alert, evidence, now, signal }) {
    for (const hold of settings.holdWhile) {
      const namespace = alert.labels['namespace'];
      const sameNamespace = hold.scope === 'namespace' && namespace !== undefined;
      const matchers = sameNamespace ? [...hold.matchers, `namespace=${JSON.stringify(namespace)}`] : hold.matchers;
      const sources = hold.scope === 'any' ? evidence.sources() : [run.source];
      const firing = await Promise.all(sources.map((source) => evidence.firing(source, matchers, signal)));
      const other = firing.flat().find((candidate) => candidate.fingerprint !== alert.fingerprint);
      if (other !== undefined) {
        const reason = `${other.labels['alertname'] ?? 'another alert'} fires (holdWhile ${hold.matchers.join(', ')})`;
        const age = now - other.startsAt;
        if (age <= hold.warnAfter) return { decision: 'defer', reason };
        const warning = `it has for ${formatDuration(age)}: it holds the rule for too long, so mend it or do not wait for it`;
        return { decision: 'defer', reason: `${reason}; ${warning}`, warning };
      }
    }
    return allow(settings.holdWhile.length === 0 ? 'the rule holds for no other alert' : 'none of the alerts it holds for is firing');
  },
};
