import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** What has been mended again and again is not mended: a person should look for the cause. */
export const recurrence: DescribedGuard = {
  name: 'recurrence',
  summary: 'The subject has not been mended too often lately.',
  tier: 'configurable',
  asks: 'ledger',
  fallback: '5/1d (`defaults.recurrence`)',
  limit: '`limits.recurrence`',
  outcomes: { deny: 'so many runs have succeeded on the subject within the window; they are named, and a person is called' },
  claims: ({ run, settings }) =>
    settings.recurrence.map((limit) => ({ kind: 'tally', key: ledgerKeys.recurrence(run.subject, limit.window), limit })),
};
