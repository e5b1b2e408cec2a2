import type { Alert } from '../alert/alert.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { KubernetesReader } from '../ports/kubernetes.ts';
import type { Claimable } from '../ports/ledger.ts';
import type { Pause } from '../ports/store.ts';
import type { GuardSettings } from '../rule/guard-settings.ts';
import type { Mode } from '../rule/mode.ts';
import type { Incident } from '../run/incident.ts';
import type { Decision, Run } from '../run/run.ts';
import type { Target } from '../value/target.ts';

/** What no rule may touch. Texts are target names where `*` stands for any characters but `/`. */
export interface Protection {
  readonly targets: readonly string[];
  readonly namespaces: readonly string[];
  /** Namespaces a source may touch; absent = all. */
  readonly sourceNamespaces?: readonly string[];
}

/** All a guard may look at. Everything here reads only. */
export interface GuardContext {
  readonly run: Run;
  readonly incident: Incident | undefined;
  readonly alert: Alert;
  readonly settings: GuardSettings;
  readonly mode: Mode;
  /** Canonical targets of the changing steps of the rung about to be applied; empty before planning. */
  readonly targets: readonly Target[];
  readonly pauses: readonly Pause[];
  /** Runs, not ended, of rules that handle the same alert and subject and come before this one. */
  readonly liveSiblings: readonly { readonly rule: string; readonly run: string }[];
  /** The stop that needs neither Redis nor the API: why, if the file or variable is there. */
  readonly localPause: string | undefined;
  readonly protection: Protection;
  readonly evidence: Evidence;
  readonly kubernetes: KubernetesReader;
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
  /** Asked before a change is taken back, too: what limits how often we act does not. */
  readonly undo?: boolean;
  evaluate?(context: GuardContext): Decision | Promise<Decision>;
  claims?(context: Omit<GuardContext, 'signal'>): readonly Claimable[];
}
