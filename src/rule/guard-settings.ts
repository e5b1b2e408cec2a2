import type { Duration } from '../value/duration.ts';
import type { Rate } from '../value/rate.ts';
import type { Mode } from './mode.ts';

/** Hold while an alert that all of `matchers` (texts in Alertmanager's syntax) match fires in the scope. */
export interface HoldWhile {
  readonly matchers: readonly string[];
  /** `namespace`: same source and namespace; `source`: same source; `any`: anywhere. */
  readonly scope: 'namespace' | 'source' | 'any';
}

/** What a rule says about its guards; absent = the guard's own default. */
export interface GuardSettings {
  /** Counted from the end of a run, per rule and subject. */
  readonly cooldown?: Duration;
  readonly rate: {
    readonly rule: readonly Rate[];
    readonly target: readonly Rate[];
    readonly namespace: readonly Rate[];
    readonly global: readonly Rate[];
  };
  /** Charged runs an incident may have. */
  readonly attempts?: number;
  readonly holdWhile: readonly HoldWhile[];
  /** An alert received longer ago than this is not acted upon. */
  readonly maxAge?: Duration;
  readonly approval?: { readonly expires: Duration };
}

/** Hard ceilings from `fixpoint.yaml`; a rule outside them is an error, `mode` caps. */
export interface Limits {
  readonly mode?: Mode;
  readonly cooldown?: { readonly min: Duration };
  readonly rate?: { readonly [scope in keyof GuardSettings['rate']]?: readonly Rate[] };
  readonly attempts?: { readonly max: number };
  /** The most autonomy an action may have, by its name; absent = what the action itself says. */
  readonly actions?: Readonly<Record<string, Mode>>;
}

/** What a rule gets where it says nothing. */
export interface RuleDefaults {
  readonly mode?: Mode;
  readonly cooldown?: Duration;
  readonly rate?: readonly Rate[];
  readonly attempts?: number;
  readonly maxAge?: Duration;
  readonly within?: Duration;
  readonly resolve?: Duration;
  readonly flap?: Duration;
}
