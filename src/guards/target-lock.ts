import { formatTarget } from '../value/target.ts';
import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';
import { lockLease } from './lock-lease.ts';

/** Takes every changing target of the rung at once, in sorted order. */
export const targetLock: DescribedGuard = {
  name: 'targetLock',
  summary: 'No other run holds any of the targets.',
  tier: 'mandatory',
  asks: 'ledger',
  undo: true,
  fallback: 'always',
  limit: 'none',
  outcomes: { defer: 'another run holds a target, or holds it in quarantine because its outcome is unknown' },
  refusals: { lock: 'defer', quarantine: 'defer' },
  claims({ targets }) {
    return targets
      .toSorted((a, b) => (formatTarget(a) < formatTarget(b) ? -1 : 1))
      .map((target) => ({ kind: 'lock', key: ledgerKeys.lock(target), lease: lockLease }));
  },
};
