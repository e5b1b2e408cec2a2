import type { RungRecord, StepRecord } from '../run/run.ts';
import type { Engine } from './engine.ts';
import { actionOf } from './plan-rung.ts';

/** The step of a rung whose turn it is; undefined when all is done. */
export function nextToApply({ steps }: RungRecord): StepRecord | undefined {
  return steps.find(
    ({ effect, state, changes }) =>
      effect !== 'read' && (state === 'pending' || state === 'applying' || (state === 'planned' && changes.length > 0)),
  );
}

/** Whether the steps that are left have to wait until one that was applied has settled. */
export function isHeldUp(engine: Engine, { steps }: RungRecord): boolean {
  return steps.some(({ state, action }) => state === 'applied' && actionOf(engine, action).holdsRest === true);
}
