import type { Alert } from '../alert/alert.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { KubernetesReader } from '../ports/kubernetes.ts';
import type { Claimable, Refusal } from '../ports/ledger.ts';
import type { Prometheus } from '../ports/prometheus.ts';
import type { Pause } from '../ports/store.ts';
import type { GuardSettings, Storm } from '../rule/guard-settings.ts';
import type { Mode } from '../rule/mode.ts';
import type { Incident } from '../run/incident.ts';
import type { Decision, Run } from '../run/run.ts';
import type { JsonObject } from '../value/json.ts';
import type { Target } from '../value/target.ts';
import type { TimeInterval } from '../value/time-interval.ts';

/** What no rule may touch. Texts are target names where `*` stands for any characters but `/`. */
export interface Protection {
  readonly targets: readonly string[];
  readonly namespaces: readonly string[];
  /** Fixpoint's own workload and stores, in the same form. */
  readonly own?: readonly string[];
  /** Namespaces a source may touch; absent = all. */
  readonly sourceNamespaces?: readonly string[];
}

/** All a guard may look at. Everything here reads only. */
export interface GuardContext {
  readonly run: Run;
  readonly incident: Incident | undefined;
  readonly alert: Alert;
  /** The incident's members, bounded. */
  readonly alerts: readonly Alert[];
  readonly settings: GuardSettings;
  readonly mode: Mode;
  /** Canonical targets of the changing steps of the rung about to be applied; empty before planning. */
  readonly targets: readonly Target[];
  /** What those steps touch besides: nobody else is kept off these, and nothing is counted. */
  readonly affected: readonly Target[];
  /** Ids of those steps, without what acts on the run alone. */
  readonly effects: readonly string[];
  readonly pauses: readonly Pause[];
  /** Runs, not ended, of rules that handle the same alert and subject and come before this one. */
  readonly liveSiblings: readonly { readonly rule: string; readonly run: string }[];
  /** The stop that needs neither Redis nor the API: why, if the file or variable is there. */
  readonly localPause: string | undefined;
  readonly protection: Protection;
  readonly evidence: Evidence;
  readonly kubernetes: KubernetesReader;
  readonly prometheus: Prometheus;
  /** `timeIntervals` of the configuration, by name. */
  readonly intervals: ReadonlyMap<string, readonly TimeInterval[]>;
  /** Absent: nothing is a storm. */
  readonly storm: Storm | undefined;
  /** The rule's values of these names, read now. */
  values(names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, number>>>;
  /** How many there are in the fleet of the blast radius, read at most once. */
  fleetSize(signal: AbortSignal): Promise<number>;
  /** When the alert was last received, store time. */
  readonly seenAt: number;
  /** Store time, ms. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/**
 * One "may we?" question. A guard either decides by itself (`evaluate`), or says what the run must have from the ledger
 * (`claims`), where the engine asks for all such claims of all guards at once.
 */
export interface Guard {
  readonly name: string;
  readonly summary: string;
  /** `mandatory` guards cannot be changed or left out by a rule. */
  readonly tier: 'mandatory' | 'configurable';
  /** `inside` needs no call to the outside and is asked first. */
  readonly asks: 'inside' | 'outside' | 'ledger';
  /** Judges the alert and the hour, not what would be changed: it is asked also where there is no plan. */
  readonly beforePlan?: boolean;
  /** Asked before a change is taken back, too: what limits how often we act does not. */
  readonly undo?: boolean;
  /** What it is when the guard fails or has no answer in time: `deny` unless told. */
  readonly unanswered?: 'defer';
  /** What a refusal of the ledger comes to, by its kind: `deny` unless told. */
  readonly refusals?: Readonly<Partial<Record<Refusal, 'defer' | 'needs-approval'>>>;
  /** What it judges by, for explanations. */
  inputs?(context: GuardContext): JsonObject;
  evaluate?(context: GuardContext): Decision | Promise<Decision>;
  /** Whether its claims depend on what has to be read outside. */
  readsForClaims?(settings: GuardSettings): boolean;
  /** May read what a claim depends on. */
  claims?(context: GuardContext): readonly Claimable[] | Promise<readonly Claimable[]>;
}

/** A guard with what a person has to know of it. */
export interface DescribedGuard extends Guard {
  /** What it goes by where a rule says nothing. */
  readonly fallback: string;
  /** What bounds a rule. */
  readonly limit: string;
  /** Every answer but `allow`, and when it is given. */
  readonly outcomes: Readonly<Partial<Record<Decision['decision'], string>>>;
}
