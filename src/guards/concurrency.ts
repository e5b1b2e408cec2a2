import type { Claimable } from '../ports/ledger.ts';
import { concurrencyScopes } from '../rule/guard-settings.ts';
import type { DescribedGuard, GuardContext } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';
import { lockLease } from './lock-lease.ts';
import { namespacesOf } from './namespaces.ts';

/** At most so many runs that act or are being verified at once. */
export const concurrency: DescribedGuard = {
  name: 'concurrency',
  summary: 'Not too many runs of the rule, source, namespace, or of everything are under way.',
  tier: 'configurable',
  asks: 'ledger',
  fallback: '10 of one rule (`defaults.concurrency`)',
  limit: '`limits.concurrency`, by scope, which all rules keep together',
  outcomes: { defer: 'all places are taken, until a run ends' },
  refusals: { slot: 'defer' },
  claims: (context) =>
    concurrencyScopes.flatMap((scope) => {
      const max = context.settings.concurrency[scope];
      return max === undefined
        ? []
        : namesIn(scope, context).map((name): Claimable => ({ kind: 'slot', key: ledgerKeys.slot(scope, name), max, lease: lockLease }));
    }),
};

function namesIn(scope: (typeof concurrencyScopes)[number], { run, targets }: GuardContext): readonly string[] {
  switch (scope) {
    case 'rule':
      return [run.rule];
    case 'source':
      return [run.source];
    case 'namespace':
      return namespacesOf(targets);
    case 'global':
      return ['all'];
  }
}
