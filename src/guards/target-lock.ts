import { formatTarget } from '../value/target.ts';
import type { Guard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** How long a lock is held without being extended, ms: longer than a run's lease, so that a crashed run's successor still holds it. */
const lockLease = 30_000;

/** Takes every changing target of the rung at once, in sorted order. */
export const targetLock: Guard = {
  name: 'targetLock',
  summary: 'No other run holds any of the targets.',
  tier: 'mandatory',
  asks: 'ledger',
  undo: true,
  claims({ targets }) {
    return targets
      .toSorted((a, b) => (formatTarget(a) < formatTarget(b) ? -1 : 1))
      .map((target) => ({ kind: 'lock', key: ledgerKeys.lock(target), lease: lockLease }));
  },
};
