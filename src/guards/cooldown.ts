import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** Denies while the cooldown since the end of the last charged run lasts: per rule and subject, and a shorter one per target. */
export const cooldown: DescribedGuard = {
  name: 'cooldown',
  summary: 'Long enough ago since the last run of this rule on this subject, and of any rule on these targets.',
  tier: 'configurable',
  asks: 'ledger',
  fallback: '15m for the rule and subject (`defaults.cooldown`), 30s for a target (`defaults.targetCooldown`)',
  limit: '`limits.cooldown`',
  outcomes: { deny: 'a run ended too lately; the run is dropped, not delayed, and the engine makes the next one when it is over' },
  claims({ run, settings, targets }) {
    const rule =
      settings.cooldown === undefined ? [] : [{ kind: 'cooldown' as const, key: ledgerKeys.ruleCooldown(run.rule, run.subject) }];
    const group = run.siblings === undefined ? {} : { group: run.siblings.group };
    return [...rule, ...targets.map((target) => ({ kind: 'cooldown' as const, key: ledgerKeys.targetCooldown(target), ...group }))];
  },
};
