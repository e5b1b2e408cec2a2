import { isTerminal, type Phase } from '../../run/phase.ts';

/** A run, as far as it decides how a game day has ended. */
export interface JudgedRun {
  readonly kind: string;
  readonly phase: Phase;
  readonly alertname: string;
  /** The guard that it waits for, if it waits. */
  readonly waitsFor?: string | undefined;
}

/** How things stand for one fault. */
export interface Present {
  readonly isUnwell: boolean;
  /** The names of the platform's alerts that fire. */
  readonly firing: readonly string[];
  /** The names of the alerts that tell of the fault. */
  readonly alerts: readonly string[];
  readonly runs: readonly JudgedRun[];
  /** How many calls have reached a person. */
  readonly calls: number;
}

/**
 * `recovered`: something was done, and the platform is well. `called`: it is ill, and a person knows. `planned`: it is ill, and rules
 * only say what they would do. `gone`: it is well, and no run succeeded.
 */
export type Outcome = 'recovered' | 'called' | 'planned' | 'gone';

/** How it has ended; undefined while something may still happen. */
export function judge({ isUnwell, firing, alerts, runs, calls }: Present): Outcome | undefined {
  const attempts = runs.filter(({ kind }) => kind === 'remediation');
  const live = attempts.filter(({ phase }) => !isTerminal(phase));
  if (attempts.length === 0 || live.some((run) => !isHeld(run))) return undefined;
  if (!isUnwell && firing.length === 0) {
    if (live.length > 0) return undefined;
    return attempts.some(({ phase }) => phase === 'succeeded') ? 'recovered' : 'gone';
  }
  // Another alert of the same fault may be on its way, and with it another rule.
  const isHeard = (alert: string) => attempts.some(({ alertname }) => alertname === alert);
  if (!isUnwell || !alerts.every(isHeard)) return undefined;
  if (calls === 0 && attempts.every((run) => run.phase === 'planned' || run.phase === 'observed' || isHeld(run))) return 'planned';
  return calls > 0 ? 'called' : undefined;
}

/** It does nothing as long as a worse alert fires, of which a person knows. */
function isHeld({ waitsFor }: JudgedRun): boolean {
  return waitsFor === 'holdWhile';
}
