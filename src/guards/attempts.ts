import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** At most so many charged runs in the life of one incident. */
export const attempts: DescribedGuard = {
  name: 'attempts',
  summary: 'The incident has attempts left.',
  tier: 'configurable',
  asks: 'ledger',
  fallback: '3 (`defaults.attempts`)',
  limit: '`limits.attempts`',
  outcomes: { deny: 'the incident has had as many charged runs as it may have; a person is called' },
  claims({ run, settings }) {
    return settings.attempts === undefined ? [] : [{ kind: 'attempts', key: ledgerKeys.attempts(run.incident), max: settings.attempts }];
  },
};
