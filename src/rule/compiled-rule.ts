import type { Alert } from '../alert/alert.ts';
import type { Matcher } from '../alert/matcher.ts';
import type { Duration } from '../value/duration.ts';
import type { Json, JsonObject } from '../value/json.ts';
import type { GuardSettings } from './guard-settings.ts';
import type { Mode } from './mode.ts';

/** A rule and the remediations it names as plain JSON, defaults filled in: what a run keeps. Its content hash is its identity. */
export interface RuleDefinition {
  readonly rule: JsonObject;
  readonly remediations: Readonly<Record<string, JsonObject>>;
}

/** What templates and conditions can see. */
export interface Scope {
  readonly alert: Alert;
  /** The incident's members, bounded. */
  readonly alerts: readonly Alert[];
  readonly params?: JsonObject;
  readonly steps?: Readonly<Record<string, { readonly output: Json }>>;
  readonly values?: Readonly<Record<string, number>>;
}

/** A Prometheus query whose one number templates see as `values.<name>`. */
export interface NamedValue {
  readonly name: string;
  /** As written; `render` gives the query for one alert. */
  readonly promql: string;
  /** How several series become one number; `only`: several are an error. */
  readonly over: 'only' | 'max' | 'min' | 'sum';
  /** Name of the Prometheus connection; absent = the source's. */
  readonly from?: string;
  /** Throws `render.failed`. */
  render(scope: Scope): string;
}

export interface CompiledCheck {
  readonly check: string;
  readonly positive: boolean;
  /** Parameters, rendered and found valid; throws `render.failed` or `params.invalid`. */
  render(scope: Scope): JsonObject;
}

export interface VerifySettings {
  readonly within: Duration;
  /** How long the incident may go on firing after success before the run counts as recurred. */
  readonly resolve: Duration;
  readonly checks: readonly CompiledCheck[];
}

export interface CompiledStep {
  readonly id: string;
  readonly action: string;
  readonly effect: 'read' | 'converge' | 'once';
  readonly optional: boolean;
  readonly timeout: Duration;
  /** Whether what it does depends on earlier steps (on their outputs, or because it is `late`), so that it is planned right before its apply. */
  readonly usesSteps: boolean;
  /** Parameters, rendered and found valid; throws `render.failed` or `params.invalid`. */
  render(scope: Scope): JsonObject;
}

/** The rung's `with`: what a remediation's parameters become for an alert. */
export interface RungParams {
  /** Rendered, defaults filled in and valid by the remediation's schema; throws `render.failed` or `params.invalid`. */
  render(scope: Scope): JsonObject;
  /** The same without what has to be read first: entries from `values` or `alerts` are left as their text. */
  renderIdentity(scope: Scope): JsonObject;
}

export interface CompiledRung {
  readonly remediation: string;
  readonly summary: string;
  /** The strictest of rule and rung; that of the rule for an alert may be stricter still. */
  readonly mode: Mode;
  /** The rung's over the rule's. */
  readonly verify: VerifySettings;
  readonly undo: { readonly when: 'failed' | 'resolved' | 'never'; readonly after: Duration };
  /** What follows when it cannot be applied or does not take effect; one that did not help is always climbed from. */
  readonly onError: 'climb' | 'stop';
  /** For applying and settling the whole rung. */
  readonly timeout: Duration;
  readonly steps: readonly CompiledStep[];
  /** The remediation's own. */
  readonly values: readonly NamedValue[];
  readonly params: RungParams;
  /** Canonical target of the first changing step, known without reading; undefined where there is none. */
  target(alert: Alert): string | undefined;
  /** Each step's parameters as far as they are known without reading; throws `render.failed` and `params.invalid`. */
  probe(alert: Alert): readonly ProbedStep[];
}

/** A step before anything has been read: enough to know what it would act on, and the rights it needs. */
export interface ProbedStep {
  readonly id: string;
  readonly action: string;
  readonly params: unknown;
  /** Parameters that are known only after reading; they hold something that parses. */
  readonly open: readonly string[];
}

export interface CompiledRule {
  readonly name: string;
  readonly summary: string;
  readonly file: string;
  readonly line: number;
  readonly definition: RuleDefinition;
  readonly hash: string;
  /** The most that it may do for any alert. */
  readonly mode: Mode;
  /** Modes by matchers as written, where the mode depends on the alert's labels. */
  readonly modes?: Readonly<Record<string, Mode>>;
  readonly continues: boolean;
  readonly matchers: readonly Matcher[];
  readonly guards: GuardSettings;
  /** How long all members must be resolved before the incident closes. */
  readonly flap: Duration;
  /** Whether the incident's alerts are silenced while a run acts, and for how long at most. */
  readonly silence?: { readonly for?: Duration };
  readonly escalate: {
    readonly severity: string;
    readonly after?: Duration;
    /** The call tells what reading steps have found. */
    readonly evidence?: boolean;
    /** Who is called one after the other while nobody acknowledges it. */
    readonly order?: { readonly names: readonly string[]; readonly every: Duration };
  };
  readonly ladder: readonly CompiledRung[];
  readonly values: readonly NamedValue[];
  /** How much it may do for this alert. */
  modeFor(alert: Pick<Alert, 'labels'>): Mode;
  /** The rule's `when`; absent = always. Throws `render.failed`, which never counts as false. */
  when?(alert: Alert): boolean;
  /** The declared subject; throws `render.failed` or `params.invalid`. */
  subject?(alert: Alert): string;
}
