import { allow } from './decide.ts';
import type { Guard } from './guard.ts';

/** Holds the run while other alerts fire at the same source, in the same namespace unless the rule widens it. */
export const holdWhile: Guard = {
  name: 'holdWhile',
  summary: 'None of the alerts that the rule waits for is firing.',
  tier: 'configurable',
  asks: 'outside',
  async evaluate({ settings, run, alert, evidence, signal }) {
    for (const hold of settings.holdWhile) {
      const namespace = alert.labels['namespace'];
      const sameNamespace = hold.scope === 'namespace' && namespace !== undefined;
      const matchers = sameNamespace ? [...hold.matchers, `namespace=${JSON.stringify(namespace)}`] : hold.matchers;
      const sources = hold.scope === 'any' ? evidence.sources() : [run.source];
      const firing = await Promise.all(sources.map((source) => evidence.firing(source, matchers, signal)));
      const other = firing.flat().find((candidate) => candidate.fingerprint !== alert.fingerprint);
      if (other !== undefined) {
        return {
          decision: 'defer',
          reason: `${other.labels['alertname'] ?? 'another alert'} fires (holdWhile ${hold.matchers.join(', ')})`,
        };
      }
    }
    return allow(settings.holdWhile.length === 0 ? 'the rule holds for no other alert' : 'none of the alerts it holds for is firing');
  },
};
