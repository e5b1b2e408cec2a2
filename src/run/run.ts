import type { Labels } from '../alert/alert.ts';
import type { Mode } from '../rule/mode.ts';
import type { Json, JsonObject } from '../value/json.ts';
import type { Phase, TerminalPhase } from './phase.ts';
import type { Change, Inverse } from './plan.ts';

/** The version of the run record this code writes and understands; a worker leaves records of a higher one alone. */
export const runVersion = 2;

/** The alert that opened the incident, as the run saw it. Times are ms since the epoch. */
export interface RunAlert {
  readonly source: string;
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: number;
}

export type StepState = 'pending' | 'planned' | 'applying' | 'applied' | 'settled' | 'failed' | 'skipped';

/** What a step of an undo run takes back. */
export interface Restores {
  /** Parameters of the call that takes it back. */
  readonly with: JsonObject;
  /** What was changed, as it was left: nothing else is taken back. A field may be there more than once, as it may have been left. */
  readonly changes: readonly Change[];
  /** Of the object that was changed, where the action knows one. */
  readonly uid?: string;
}

export interface StepRecord {
  readonly id: string;
  readonly action: string;
  readonly effect: 'read' | 'converge' | 'once';
  readonly optional: boolean;
  readonly timeoutMs: number;
  readonly state: StepState;
  readonly target?: string;
  /** What plan decided; written durably before apply. */
  readonly intent?: Json;
  readonly changes: readonly Change[];
  /** Targets that the step touches besides its own: no lock, but protected ones stand in its way. */
  readonly affects?: readonly string[];
  readonly notes?: readonly string[];
  readonly inverse?: Inverse;
  readonly restores?: Restores;
  readonly output?: Json;
  readonly error?: { readonly code: string; readonly message: string };
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

export type Verdict = 'passed' | 'failed' | 'inconclusive';

export interface VerdictRecord {
  readonly check: string;
  readonly positive: boolean;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly at: number;
  /** Since when the check has passed at every sample; absent while it does not. */
  readonly passingSince?: number;
}

export type RungState = 'pending' | 'planned' | 'empty' | 'applying' | 'settling' | 'verifying' | 'succeeded' | 'failed';

export interface RungRecord {
  readonly remediation: string;
  readonly mode: Mode;
  readonly state: RungState;
  readonly params: JsonObject;
  readonly steps: readonly StepRecord[];
  readonly verdicts: readonly VerdictRecord[];
  readonly values?: Readonly<Record<string, number>>;
  readonly reason?: string;
  /** When the last effect of this rung was applied; what counts as evidence is sampled after it. */
  readonly effectAt?: number;
  /** When its first effect was admitted; its timeout counts from here. */
  readonly startedAt?: number;
  readonly settleUntil?: number;
  readonly verifyUntil?: number;
  readonly undo?: RungUndo;
  /** The ladder ends with this rung, whatever would come after it. */
  readonly stops?: boolean;
  /** In an undo run: index of the rung that this one takes back. */
  readonly of?: number;
}

export interface RungUndo {
  readonly when: 'failed' | 'resolved' | 'never';
  readonly afterMs: number;
  /** The run that takes it back, and how that ended. */
  readonly run?: string;
  readonly outcome?: TerminalPhase;
}

/** Why an undo run was made, and what it waits for. */
export interface UndoOrder {
  readonly cause: 'failed' | 'resolved' | 'person';
  /** How long the incident must have been over, already divided by the sandbox's speed. */
  readonly afterMs: number;
  /** Since when no incident of the rule and subject has been open; absent while one is. */
  readonly quietSince?: number;
  /** Other rules whose changes are taken back as well. */
  readonly rules?: readonly string[];
  /** Another incident of the rule and subject has opened meanwhile. */
  readonly isPostponed?: boolean;
}

export type Decision =
  | { readonly decision: 'allow'; readonly reason: string }
  /** `until`: when asking again makes sense, where the guard knows. */
  | { readonly decision: 'deny'; readonly reason: string; readonly until?: number }
  /** `warning`: what a person should know, as it has gone on for long. `since`: when what holds it up began. */
  | { readonly decision: 'defer'; readonly reason: string; readonly until?: number; readonly warning?: string; readonly since?: number }
  | { readonly decision: 'needs-approval'; readonly reason: string }
  | { readonly decision: 'supersede'; readonly reason: string };

export type DecisionRecord = { readonly guard: string; readonly at: number; readonly count?: number } & Decision;

export interface Approval {
  readonly askedAt: number;
  readonly expiresAt: number;
  /** Hash of the plan that was shown; an answer to another plan does not count. */
  readonly plan: string;
  readonly answer?: { readonly approved: boolean; readonly by: string; readonly reason: string; readonly at: number };
}

/** One attempt at one incident. Times are ms since the epoch on the store's clock. */
export interface Run {
  readonly version: number;
  /** `<incident>-<attempt>`. */
  readonly id: string;
  readonly kind: 'remediation' | 'undo';
  readonly incident: string;
  readonly rule: string;
  /** Content hash of the rule definition the run keeps. */
  readonly definition: string;
  readonly rulebook: string;
  readonly source: string;
  readonly subject: string;
  readonly mode: Mode;
  readonly phase: Phase;
  readonly reason: string;
  readonly attempt: number;
  readonly alert: RunAlert;
  /** The rule's, where the alert has none. */
  readonly severity?: string;
  /** Index of the current rung. */
  readonly rung: number;
  readonly rungs: readonly RungRecord[];
  readonly decisions: readonly DecisionRecord[];
  /** Whether the ledger has charged the run: at its first effect, once. */
  readonly charged: boolean;
  /** `since`: when it began to wait for this guard; asking again becomes rarer with time. */
  readonly waiting?: { readonly guard: string; readonly until: number; readonly resume: Phase; readonly since?: number };
  /** Rules that handle the same alert and subject by `continue`: those before this one go first, and all share a group. */
  readonly siblings?: { readonly group: string; readonly before: readonly string[] };
  readonly approval?: Approval;
  /** Since when, and how often, the current phase has failed in a way that may pass. */
  readonly trying?: { readonly since: number; readonly tries: number };
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly finishedAt?: number;
  /** When the run is ended as `expired` whatever it waits for: every run ends. */
  readonly expiresAt: number;
  readonly undoes?: string;
  readonly undo?: UndoOrder;
  /** The notification or run this one replays; replays are never evidence of receipt. */
  readonly replayOf?: string;
  /** Who asked for it, if a person did. */
  readonly requestedBy?: string;
  readonly recurred?: boolean;
  /** Sandbox time factor the run was made under; 1 outside the sandbox. */
  readonly speed?: number;
  /** The `traceparent` that what it does stands below; absent = a trace of its own. */
  readonly trace?: string;
  /** The `traceparent` of what it comes after: of the attempt before it, or of the run that it replays. */
  readonly follows?: string;
}
