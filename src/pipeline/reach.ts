import type { RungRecord } from '../run/run.ts';
import type { Target } from '../value/target.ts';
import type { Engine } from './engine.ts';
import { changingSteps, targetsOf } from './stint.ts';

/** What applying a rung comes to, as guards judge it. */
export interface Reach {
  /** Canonical targets of its changing steps, each once. */
  readonly targets: readonly Target[];
  /** Ids of its changing steps, without those that act on the run alone. */
  readonly effects: readonly string[];
}

export function reachOf({ actions }: Pick<Engine, 'actions'>, rung: RungRecord): Reach {
  const effects = changingSteps(rung).filter(({ action }) => actions.get(action)?.isAside !== true);
  return { targets: targetsOf(rung), effects: effects.map(({ id }) => id) };
}
