import { FixpointError } from '../errors.ts';
import { formatDuration, parseDuration, type Duration } from '../value/duration.ts';
import { formatRate, parseRate, type Rate } from '../value/rate.ts';
import type { Compilers } from './compilers.ts';
import type { GuardSettings, HoldWhile, Limits } from './guard-settings.ts';
import type { Reporter } from './reporter.ts';
import type { Rule } from './rule-file.ts';

type Written = NonNullable<Rule['guards']>;

const scopes = ['rule', 'target', 'namespace', 'global'] as const;

/** Compiles `guards:`; `reporter` stands at that key. What is outside the limits is an error. */
export function compileGuards(
  guards: Written,
  { compilers, limits, reporter }: { readonly compilers: Compilers; readonly limits: Limits; readonly reporter: Reporter },
): GuardSettings {
  const settings: GuardSettings = {
    ...(guards.cooldown === undefined ? {} : { cooldown: durationOf(guards.cooldown) }),
    rate: compileRates(guards.rate),
    ...(guards.attempts === undefined ? {} : { attempts: guards.attempts }),
    holdWhile: (guards.holdWhile ?? []).map((written, index) => compileHold(written, compilers, reporter.under('holdWhile', index))),
    ...(guards.maxAge === undefined ? {} : { maxAge: durationOf(guards.maxAge) }),
    ...(guards.approval === undefined ? {} : { approval: { expires: durationOf(guards.approval.expires) } }),
  };
  checkLimits(settings, limits, reporter);
  return settings;
}

function durationOf(text: string): Duration {
  return parseDuration(text) ?? 0;
}

function compileRates(rate: Written['rate']): GuardSettings['rate'] {
  const byScope = typeof rate === 'string' || Array.isArray(rate) ? { rule: rate } : (rate ?? {});
  const [rule, target, namespace, global] = scopes.map((scope) => ratesOf(byScope[scope]));
  return { rule: rule ?? [], target: target ?? [], namespace: namespace ?? [], global: global ?? [] };
}

function ratesOf(written: string | readonly string[] | undefined): Rate[] {
  const texts = written === undefined ? [] : typeof written === 'string' ? [written] : written;
  return texts.map(parseRate).filter((rate) => rate !== undefined);
}

function compileHold(written: NonNullable<Written['holdWhile']>[number], compilers: Compilers, reporter: Reporter): HoldWhile {
  const { match, scope = 'namespace' } = typeof written === 'string' ? { match: written } : written;
  const matchers = typeof match === 'string' ? [match] : match;
  for (const text of matchers) {
    try {
      compilers.matchers(text);
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      reporter.error(typeof written === 'string' ? [] : ['match'], error.message);
    }
  }
  return { matchers, scope };
}

function checkLimits(settings: GuardSettings, limits: Limits, reporter: Reporter): void {
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
      // A rate over a longer time than the limit's cannot be judged here: the limit itself still holds.
      const over = settings.rate[scope].find((rate) => rate.window <= limit.window && rate.count > limit.count);
      if (over !== undefined)
        reporter.error(['rate'], `rate ${formatRate(over)} (${scope}) is over the limit of ${formatRate(limit)} in fixpoint.yaml`);
    }
  }
}
