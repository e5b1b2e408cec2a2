import type { Duration } from '../value/duration.ts';
import type { KindName } from '../value/kubernetes-name.ts';
import type { Rate } from '../value/rate.ts';
import type { Scope } from './compiled-rule.ts';
import type { Mode } from './mode.ts';

/** Hold while an alert that all of `matchers` (texts in Alertmanager's syntax) match fires in the scope. */
export interface HoldWhile {
  readonly matchers: readonly string[];
  /** `namespace`: same source and namespace; `source`: same source; `any`: anywhere. */
  readonly scope: 'namespace' | 'source' | 'any';
  /** An alert that fires for longer holds too long: that is said. */
  readonly warnAfter: Duration;
}

/** When the rule may act, by names of `timeIntervals`: within one of `allow`, if there are any, and within none of `freeze`. */
export interface Window {
  readonly allow: readonly string[];
  readonly freeze: readonly string[];
  readonly else: 'defer' | 'drop';
}

/** What must hold before anything is done. */
export type Requirement =
  /** A condition over the alerts and live `values`, of which it needs the named ones. Throws `render.failed`. */
  | { readonly kind: 'cel'; readonly text: string; readonly values: readonly string[]; holds(scope: Scope): boolean }
  /** A query that has to return at least one series, all of them finite and none nought. `render` throws `render.failed`. */
  | { readonly kind: 'promql'; readonly text: string; readonly from?: string; render(scope: Scope): string }
  /** A field of one object of Kubernetes, at a JSON pointer, that has to be `value`, or must not be; a field that is not there is null. */
  | {
      readonly kind: 'object';
      readonly text: string;
      readonly object: KindName & { readonly cluster: string; readonly namespace?: string; readonly name: string };
      readonly path: string;
      readonly value: string | number | boolean;
      readonly isWanted: boolean;
    };

/** The objects of Kubernetes that a rule's targets are some of. */
export interface Fleet {
  readonly cluster: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly selector?: string;
}

/** How far the rule may reach within a window. */
export interface BlastRadius {
  /** Different targets. */
  readonly targets: number;
  readonly window: Duration;
  /** What follows counts for a fleet only. */
  readonly fleet?: Fleet;
  /** Different targets in per cent of the fleet; one is always allowed. */
  readonly percent?: number;
  /** At so many failed runs no further target. */
  readonly failures: number;
  /** Whether no more targets are under way than were mended, and one. */
  readonly grows: boolean;
}

/** How far any rule may reach within a window; `percent` counts for a fleet only. */
export interface BlastLimit {
  readonly targets?: number;
  readonly percent?: number;
  readonly window: Duration;
}

/** When many things are ill at once, so that the sensor is suspected. */
export interface Storm {
  /** More different subjects, or alerts, than these within `window`. */
  readonly subjects: number;
  readonly alerts: number;
  /** More of a fleet than this, in per cent. */
  readonly fleet: number;
  readonly window: Duration;
  readonly quiet: Duration;
}

export const concurrencyScopes = ['rule', 'source', 'namespace', 'global'] as const;
export type Concurrency = { readonly [scope in (typeof concurrencyScopes)[number]]?: number };

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
  readonly approval?: ApprovalSettings;
  readonly windows: readonly Window[];
  /** Runs under way at once. */
  readonly concurrency: Concurrency;
  /** Successful runs on one subject; as many in such a window, and it is not mended but hidden. */
  readonly recurrence: readonly Rate[];
  /** Failed runs of the rule, whether or not they acted; as many in any such window, and it needs a yes until a person restores it. */
  readonly failureBudget: readonly Rate[];
  readonly blastRadius?: BlastRadius;
  /** What the deployment allows, counted besides the rule's own. */
  readonly blastLimit?: BlastLimit;
  readonly requires: readonly Requirement[];
}

export interface ApprovalSettings {
  readonly expires?: Duration;
  /** Who may answer, at least. */
  readonly role?: 'operator' | 'admin';
  /** Whether who asked for the run may not be the one who approves it. */
  readonly fourEyes?: boolean;
}

/** Hard ceilings from `fixpoint.yaml`; a rule outside them is an error, `mode` caps. */
export interface Limits {
  readonly mode?: Mode;
  readonly cooldown?: { readonly min: Duration };
  readonly rate?: { readonly [scope in keyof GuardSettings['rate']]?: readonly Rate[] };
  readonly attempts?: { readonly max: number };
  readonly concurrency?: Concurrency;
  readonly recurrence?: readonly Rate[];
  readonly failureBudget?: Rate;
  readonly blastRadius?: BlastLimit;
  /** Absent: nothing is a storm. */
  readonly storm?: Storm;
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
  readonly concurrency?: Concurrency;
  readonly recurrence?: readonly Rate[];
  readonly failureBudget?: Rate;
  readonly blastRadius?: { readonly targets: number; readonly window: Duration; readonly failures: number };
  readonly within?: Duration;
  readonly resolve?: Duration;
  readonly flap?: Duration;
}
