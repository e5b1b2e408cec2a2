import type { Guard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** At most so many charged runs in the life of one incident. */
export const attempts: Guard = {
  name: 'attempts',
  summary: 'The incident has attempts left.',
  tier: 'configurable',
  asks: 'ledger',
  claims({ run, settings }) {
    return settings.attempts === undefined ? [] : [{ kind: 'attempts', key: ledgerKeys.attempts(run.incident), max: settings.attempts }];
  },
};
