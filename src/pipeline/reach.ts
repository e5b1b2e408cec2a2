import { FixpointError } from '../errors.ts';
import type { RungRecord } from '../run/run.ts';
import { parseTarget, type Target } from '../value/target.ts';
import type { Engine } from './engine.ts';
import { changingSteps, targetsOf } from './stint.ts';

/** What applying a rung comes to, as guards judge it. */
export interface Reach {
  /** Canonical targets of its changing steps, each once. */
  readonly targets: readonly Target[];
  /** What its steps touch besides, each once: protection alone is asked about these. */
  readonly affected: readonly Target[];
  /** Ids of its changing steps, without those that act on the run alone. */
  readonly effects: readonly string[];
}

export function reachOf({ actions }: Pick<Engine, 'actions'>, rung: RungRecord): Reach {
  const effects = changingSteps(rung).filter(({ action }) => actions.get(action)?.isAside !== true);
  return { targets: targetsOf(rung), affected: affectedBy(rung), effects: effects.map(({ id }) => id) };
}

function affectedBy(rung: RungRecord): readonly Target[] {
  const names = new Set(changingSteps(rung).flatMap(({ affects }) => affects ?? []));
  return [...names].map((name) => {
    const target = parseTarget(name);
    if (target === undefined) throw new FixpointError('internal', `a plan affects ${name}, which is no target`);
    return target;
  });
}
