import type { Decision, Run } from '../../../src/run/run.ts';
import { parseTarget, type Target } from '../../../src/value/target.ts';
import type { PipelineRig, RigOptions } from '../pipeline-rig.ts';

/** A state of the world in which exactly one guard stands in the way of a run of the rule `slow` on `web`. */
export interface Situation {
  readonly what: string;
  readonly guard: string;
  readonly decision: Exclude<Decision['decision'], 'allow'>;
  /** A part of the reason that people are given. */
  readonly because: string;
  readonly guards?: string;
  readonly mode?: string;
  readonly rig?: Omit<RigOptions, 'rules'>;
  readonly run?: Partial<Run>;
  prepare?(rig: PipelineRig): Promise<unknown> | void;
}

export const subject = 'kubernetes/default/shop/deployment.apps/web';

export function targetOf(name: string): Target {
  const target = parseTarget(`kubernetes/default/shop/deployment.apps/${name}`);
  if (target === undefined) throw new Error(`${name} is no name`);
  return target;
}
