import type { Config } from '../config/config.ts';
import type { Engine } from '../pipeline/engine.ts';
import type { IntakeSource } from '../pipeline/intake.ts';
import { attendIncidents, reconcile, reconcileSources } from '../pipeline/reconcile.ts';
import type { Outside } from './outside.ts';
import { peopleLoops, type Loop } from './people-loops.ts';

interface Given {
  readonly config: Config;
  readonly outside: Pick<Outside, 'people' | 'silencer'>;
  readonly sourceNamed: (name: string) => IntakeSource;
}

/** What every worker does again and again beside the runs themselves. */
export function workerLoops(engine: Engine, { config, outside, sourceNamed }: Given): readonly Loop[] {
  return [
    { name: 'reconciler', every: 1000, work: () => reconcile(engine) },
    { name: 'incident attendance', every: 1000, work: () => attendIncidents(engine) },
    { name: 'source reconciler', every: Math.max(2000, 30_000 / engine.speed), work: () => reconcileSources(engine, sourceNamed) },
    ...peopleLoops(engine, { config, outside }),
    { name: 'sweep', every: 60_000, work: () => engine.store.sweep() },
  ];
}
