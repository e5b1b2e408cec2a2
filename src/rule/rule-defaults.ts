import { formatDuration, type Duration } from '../value/duration.ts';
import type { Json, JsonObject } from '../value/json.ts';
import { formatRate } from '../value/rate.ts';
import type { RuleDefaults } from './guard-settings.ts';
import { modes, strictestMode, type Mode } from './mode.ts';
import type { Reporter } from './reporter.ts';

/** The rule as written, with defaults where it says nothing: a run that keeps it depends on no configuration. */
export function withDefaults(rule: JsonObject, defaults: RuleDefaults): JsonObject {
  const duration = (length: Duration | undefined): Json | undefined => (length === undefined ? undefined : formatDuration(length));
  const guards = {
    cooldown: duration(defaults.cooldown),
    rate: defaults.rate?.map(formatRate),
    attempts: defaults.attempts,
    maxAge: duration(defaults.maxAge),
  };
  return {
    ...rule,
    mode: rule['mode'] ?? defaults.mode ?? 'plan',
    ...laid('guards', rule, guards),
    ...laid('verify', rule, { within: duration(defaults.within), resolve: duration(defaults.resolve) }),
    ...(defaults.flap === undefined ? {} : { flap: rule['flap'] ?? formatDuration(defaults.flap) }),
  };
}

function laid(key: string, rule: JsonObject, defaults: Readonly<Record<string, Json | undefined>>): JsonObject {
  const given = Object.entries(defaults).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  if (given.length === 0) return {};
  return { [key]: { ...Object.fromEntries(given), ...(rule[key] as JsonObject | undefined) } };
}

/** The rule in at most the mode that the limits allow; says so where that takes something from it. */
export function capMode(rule: JsonObject, limit: Mode | undefined, reporter: Reporter): JsonObject {
  const written = rule['mode'] as Mode;
  if (limit === undefined || modes.indexOf(written) <= modes.indexOf(limit)) return rule;
  const mode = strictestMode(limit, written);
  reporter.warning(['mode'], `mode ${written} is over the limit in fixpoint.yaml: the rule runs in mode ${mode}`);
  return { ...rule, mode };
}
