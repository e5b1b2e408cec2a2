import type { KnownFault } from '../../src/app/game-day/faults.ts';

/** One fault, itself or its stubborn twin. */
export interface Task extends KnownFault {
  readonly isStubborn: boolean;
}

/** Faults that are looked at at once: one of a platform, for its vital signs are one whole. */
export type Wave = readonly Task[];

/** Every fault, or every stubborn twin, in as few waves as can be. */
export function wavesOf(faults: readonly KnownFault[], isStubborn: boolean): readonly Wave[] {
  const waves: Task[][] = [];
  for (const fault of faults) {
    const wave = waves.find((tasks) => !tasks.some(({ platform }) => platform === fault.platform));
    if (wave === undefined) waves.push([{ ...fault, isStubborn }]);
    else wave.push({ ...fault, isStubborn });
  }
  return waves;
}
