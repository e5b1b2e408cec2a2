import type { Claimable } from '../ports/ledger.ts';
import type { Rate } from '../value/rate.ts';
import { formatTarget } from '../value/target.ts';
import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';
import { namespacesOf } from './namespaces.ts';

/** Sliding windows by rule, target, namespace and globally, all of them at once; the global ones count each changing step. */
export const rate: DescribedGuard = {
  name: 'rate',
  summary:
    'No rate of the rule, target, namespace or of everything is used up. Those of a rule, target or namespace count runs; the global ones count effects: each changing step of a rung is one (a drain too, however many pods it evicts), a wait or a notice is none. An undo counts nowhere.',
  tier: 'configurable',
  asks: 'ledger',
  fallback: 'none (`defaults.rate`)',
  limit: '`limits.rate`, by scope, which all rules keep together',
  outcomes: { deny: 'a rate is used up, until the oldest of its runs leaves the window; the engine makes the next run then' },
  claims({ run, settings, targets, effects }) {
    const claim = (scope: 'rule' | 'target' | 'namespace', name: string, rates: readonly Rate[]): Claimable[] =>
      rates.map((limit) => ({ kind: 'rate', key: ledgerKeys.rate(scope, name, limit.window), rate: limit }));
    const global = settings.rate.global.flatMap((limit) =>
      effects.map((step): Claimable => ({
        kind: 'rate',
        key: ledgerKeys.rate('global', 'all', limit.window),
        rate: limit,
        perEffect: `${run.id}/${run.rung}/${step}`,
      })),
    );
    return [
      ...claim('rule', run.rule, settings.rate.rule),
      ...targets.flatMap((target) => claim('target', formatTarget(target), settings.rate.target)),
      ...namespacesOf(targets).flatMap((namespace) => claim('namespace', namespace, settings.rate.namespace)),
      ...global,
    ];
  },
};
