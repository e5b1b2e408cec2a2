import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** A rule that has failed too often acts by itself no longer, until a person restores it. */
export const failureBudget: DescribedGuard = {
  name: 'failureBudget',
  summary: 'The rule has not failed so often, in acting or in planning, that a person has to approve what it does.',
  tier: 'configurable',
  asks: 'ledger',
  fallback: '5/1d (`defaults.failureBudget`)',
  limit: '`limits.failureBudget`, counted besides the rule’s own',
  outcomes: {
    'needs-approval': 'the rule was demoted by its failures, in mode `auto`, and nobody has restored it (`fixpoint restore <rule>`)',
  },
  refusals: { flag: 'needs-approval' },
  claims({ run, mode }) {
    // What was begun is brought to its end, whatever others have failed at meanwhile.
    const isAllowed = run.approval?.answer?.approved === true || run.phase === 'applying';
    return mode !== 'auto' || isAllowed ? [] : [{ kind: 'flag', key: ledgerKeys.demoted(run.rule) }];
  },
};
