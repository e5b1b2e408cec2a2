import { formatDuration, type Duration } from '../value/duration.ts';
import type { Json, JsonObject } from '../value/json.ts';
import { formatRate } from '../value/rate.ts';
import type { RuleDefaults } from './guard-settings.ts';
import { strictestMode, type Mode } from './mode.ts';
import type { Reporter } from './reporter.ts';
import type { Path } from './template-tree.ts';

/** The rule as written, with defaults where it says nothing: a run that keeps it depends on no configuration. */
export function withDefaults(rule: JsonObject, defaults: RuleDefaults): JsonObject {
  const duration = (length: Duration | undefined): Json | undefined => (length === undefined ? undefined : formatDuration(length));
  const guards = {
    cooldown: duration(defaults.cooldown),
    rate: defaults.rate?.map(formatRate),
    attempts: defaults.attempts,
    maxAge: duration(defaults.maxAge),
    concurrency: defaults.concurrency as Json | undefined,
    recurrence: defaults.recurrence?.map(formatRate),
    failureBudget: defaults.failureBudget === undefined ? undefined : formatRate(defaults.failureBudget),
    ...blastRadius(rule, defaults),
  };
  return {
    ...rule,
    mode: rule['mode'] ?? defaults.mode ?? 'plan',
    ...laid('guards', rule, guards),
    ...laid('verify', rule, { within: duration(defaults.within), resolve: duration(defaults.resolve) }),
    ...(defaults.flap === undefined ? {} : { flap: rule['flap'] ?? formatDuration(defaults.flap) }),
  };
}

/** Each part has its own default, so that a rule need not repeat the others. */
function blastRadius(rule: JsonObject, { blastRadius: given }: RuleDefaults): Readonly<Record<string, Json>> {
  if (given === undefined) return {};
  const written = (rule['guards'] as JsonObject | undefined)?.['blastRadius'];
  const own = (written ?? {}) as JsonObject;
  const ofFleet: JsonObject = own['fleet'] === undefined ? {} : { failures: given.failures };
  return { blastRadius: { targets: given.targets, window: formatDuration(given.window), ...ofFleet, ...own } };
}

function laid(key: string, rule: JsonObject, defaults: Readonly<Record<string, Json | undefined>>): JsonObject {
  const given = Object.entries(defaults).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  if (given.length === 0) return {};
  const { blastRadius: filled, ...rest } = Object.fromEntries(given);
  const laidOut = { ...rest, ...(rule[key] as JsonObject | undefined) };
  return { [key]: filled === undefined ? laidOut : { ...laidOut, blastRadius: filled } };
}

/** The rule in at most the mode that the limits allow; says so where that takes something from it. */
export function capMode(rule: JsonObject, limit: Mode | undefined, reporter: Reporter): JsonObject {
  if (limit === undefined) return rule;
  const capped = (written: Mode, path: Path): Mode => {
    const mode = strictestMode(limit, written);
    if (mode !== written) reporter.warning(path, `mode ${written} is over the limit in fixpoint.yaml: the rule runs in mode ${mode}`);
    return mode;
  };
  const written = rule['mode'] as Mode | Readonly<Record<string, Mode>>;
  if (typeof written === 'string') return { ...rule, mode: capped(written, ['mode']) };
  return { ...rule, mode: Object.fromEntries(Object.entries(written).map(([text, mode]) => [text, capped(mode, ['mode', text])])) };
}
