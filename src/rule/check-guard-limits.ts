import { formatDuration } from '../value/duration.ts';
import { formatRate } from '../value/rate.ts';
import { concurrencyScopes, type GuardSettings, type Limits } from './guard-settings.ts';
import type { Reporter } from './reporter.ts';

const scopes = ['rule', 'target', 'namespace', 'global'] as const;

/** Reports what is outside the limits; `reporter` stands at `guards`. */
export function checkGuardLimits(settings: GuardSettings, limits: Limits, reporter: Reporter): void {
  const { cooldown, attempts } = settings;
  if (cooldown !== undefined && limits.cooldown !== undefined && cooldown < limits.cooldown.min) {
    reporter.error(
      ['cooldown'],
      `cooldown ${formatDuration(cooldown)} is under the limit of ${formatDuration(limits.cooldown.min)} in fixpoint.yaml`,
    );
  }
  if (attempts !== undefined && limits.attempts !== undefined && attempts > limits.attempts.max) {
    reporter.error(['attempts'], `attempts ${attempts} is over the limit of ${limits.attempts.max} in fixpoint.yaml`);
  }
  for (const scope of scopes) {
    for (const limit of limits.rate?.[scope] ?? []) {
      // What is counted over a longer time than the limit's cannot be judged here: the limit itself still holds.
      const over = settings.rate[scope].find((rate) => rate.window <= limit.window && rate.count > limit.count);
      if (over !== undefined)
        reporter.error(['rate'], `rate ${formatRate(over)} (${scope}) is over the limit of ${formatRate(limit)} in fixpoint.yaml`);
    }
  }
  for (const limit of limits.recurrence ?? []) {
    const over = settings.recurrence.find((rate) => rate.window <= limit.window && rate.count > limit.count);
    if (over !== undefined)
      reporter.error(['recurrence'], `recurrence ${formatRate(over)} is over the limit of ${formatRate(limit)} in fixpoint.yaml`);
  }
  const budget = limits.failureBudget;
  const overBudget = settings.failureBudget.find((one) => budget !== undefined && one.window <= budget.window && one.count > budget.count);
  if (budget !== undefined && overBudget !== undefined) {
    reporter.error(
      ['failureBudget'],
      `failureBudget ${formatRate(overBudget)} is over the limit of ${formatRate(budget)} in fixpoint.yaml`,
    );
  }
  for (const scope of concurrencyScopes) {
    const [given, most] = [settings.concurrency[scope], limits.concurrency?.[scope]];
    if (given !== undefined && most !== undefined && given > most)
      reporter.error(['concurrency'], `concurrency ${given} (${scope}) is over the limit of ${most} in fixpoint.yaml`);
  }
  const { blastRadius } = settings;
  for (const key of ['targets', 'percent'] as const) {
    const [given, most] = [blastRadius?.[key], limits.blastRadius?.[key]];
    const isJudged = blastRadius !== undefined && limits.blastRadius !== undefined && blastRadius.window <= limits.blastRadius.window;
    if (isJudged && given !== undefined && most !== undefined && given > most)
      reporter.error(['blastRadius', key], `blastRadius ${key} ${given} is over the limit of ${most} in fixpoint.yaml`);
  }
}
