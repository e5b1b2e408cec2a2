import type { Limits, RuleDefaults } from '../rule/guard-settings.ts';
import { parseDuration } from '../value/duration.ts';
import { parseRate, type Rate } from '../value/rate.ts';
import type { ConfigFile } from './schema.ts';

/** Ceilings as `limits:` writes them; a storm has its values even where nothing is written. */
export function limitsOf(limits: ConfigFile['limits']): Limits {
  const { mode, cooldown, attempts, rate, concurrency, recurrence, failureBudget, blastRadius, storm, actions } = limits ?? {};
  const [budget] = ratesOf(failureBudget);
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(cooldown === undefined ? {} : { cooldown: { min: parseDuration(cooldown.min) ?? 0 } }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(actions === undefined ? {} : { actions }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(recurrence === undefined ? {} : { recurrence: ratesOf(recurrence) }),
    ...(budget === undefined ? {} : { failureBudget: budget }),
    ...(blastRadius === undefined ? {} : { blastRadius: { ...blastRadius, window: parseDuration(blastRadius.window) ?? 0 } }),
    storm: {
      subjects: storm?.subjects ?? 50,
      alerts: storm?.alerts ?? 20_000,
      fleet: storm?.fleet ?? 50,
      window: parseDuration(storm?.window ?? '5m') ?? 0,
      quiet: parseDuration(storm?.quiet ?? '10m') ?? 0,
    },
    ...(rate === undefined
      ? {}
      : {
          rate: {
            rule: ratesOf(rate.rule),
            target: ratesOf(rate.target),
            namespace: ratesOf(rate.namespace),
            global: ratesOf(rate.global),
          },
        }),
  };
}

/** What a rule gets where it says nothing, with our own values where `defaults:` says nothing. */
export function defaultsOf(defaults: ConfigFile['defaults']): RuleDefaults {
  const { mode, cooldown, rate, attempts, maxAge, within, resolve: resolveWithin, flap } = defaults ?? {};
  const { concurrency = 10, recurrence = '5/1d', failureBudget = '5/1d', blastRadius } = defaults ?? {};
  const [budget] = ratesOf(failureBudget);
  const lengths = Object.entries({ cooldown: cooldown ?? '15m', maxAge, within, resolve: resolveWithin, flap }).filter(
    ([, text]) => text !== undefined,
  );
  return {
    ...(mode === undefined ? {} : { mode }),
    attempts: attempts ?? 3,
    concurrency: { rule: concurrency },
    recurrence: ratesOf(recurrence),
    ...(budget === undefined ? {} : { failureBudget: budget }),
    blastRadius: {
      targets: blastRadius?.targets ?? 10,
      window: parseDuration(blastRadius?.window ?? '1h') ?? 0,
      failures: blastRadius?.failures ?? 3,
    },
    ...(rate === undefined ? {} : { rate: ratesOf(rate) }),
    ...Object.fromEntries(lengths.map(([name, text]) => [name, parseDuration(text ?? '')])),
  };
}

function ratesOf(rates: string | readonly string[] | undefined): readonly Rate[] {
  return (rates === undefined ? [] : [rates].flat()).map(parseRate).filter((rate) => rate !== undefined);
}
