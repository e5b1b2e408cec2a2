import type { Rate } from '../value/rate.ts';
import type { Limits, RuleDefaults } from './guard-settings.ts';

/** Defaults within the limits: a rule that says nothing is never over them, whichever is lowered. */
export function capDefaults(defaults: RuleDefaults, limits: Limits): RuleDefaults {
  const { cooldown, attempts, rate, concurrency, recurrence, failureBudget, blastRadius } = defaults;
  return {
    ...defaults,
    ...(cooldown === undefined ? {} : { cooldown: Math.max(cooldown, limits.cooldown?.min ?? 0) }),
    ...(attempts === undefined ? {} : { attempts: least(attempts, limits.attempts?.max) }),
    ...(rate === undefined ? {} : { rate: rate.map((one) => capRate(one, limits.rate?.rule)) }),
    ...(concurrency?.rule === undefined
      ? {}
      : { concurrency: { ...concurrency, rule: least(concurrency.rule, limits.concurrency?.rule) } }),
    ...(recurrence === undefined ? {} : { recurrence: recurrence.map((one) => capRate(one, limits.recurrence)) }),
    ...(failureBudget === undefined
      ? {}
      : { failureBudget: capRate(failureBudget, limits.failureBudget === undefined ? [] : [limits.failureBudget]) }),
    ...(blastRadius === undefined
      ? {}
      : { blastRadius: { ...blastRadius, targets: least(blastRadius.targets, limits.blastRadius?.targets) } }),
  };
}

function least(value: number, limit = Number.MAX_SAFE_INTEGER): number {
  return Math.min(value, limit);
}

/** No more than a limit allows in the same time or longer; what is counted over longer than the limit's is held by the limit itself. */
function capRate(rate: Rate, limits: readonly Rate[] = []): Rate {
  return { ...rate, count: Math.min(rate.count, ...limits.filter(({ window }) => rate.window <= window).map(({ count }) => count)) };
}
