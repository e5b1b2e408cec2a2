import type { Phase } from '../run/phase.ts';

/** What a store has to know of runs to refuse what is illegal; `run/` provides it. */
export interface RunLaw {
  /** The newest version of a run's record that is understood. */
  readonly version: number;
  readonly phases: readonly Phase[];
  isTerminal(phase: Phase): boolean;
  mayGo(from: Phase, to: Phase): boolean;
}
