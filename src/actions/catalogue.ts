import type { ActionShape } from '../rule/action-shape.ts';
import { parseWith } from '../rule/parse-with.ts';
import type { AnyAction } from './action.ts';
import { request } from './http/request.ts';
import { cordon } from './kubernetes/cordon.ts';
import { deletePod } from './kubernetes/delete-pod.ts';
import { drain } from './kubernetes/drain.ts';
import { evict } from './kubernetes/evict.ts';
import { exec } from './kubernetes/exec.ts';
import { patch } from './kubernetes/patch.ts';
import { pods } from './kubernetes/pods.ts';
import { restart } from './kubernetes/restart.ts';
import { rollback } from './kubernetes/rollback.ts';
import { runJob } from './kubernetes/run-job.ts';
import { scale } from './kubernetes/scale.ts';
import { setEnv } from './kubernetes/set-env.ts';
import { setImage } from './kubernetes/set-image.ts';
import { setResources } from './kubernetes/set-resources.ts';
import { uncordon } from './kubernetes/uncordon.ts';

/** Every action there is. */
export const actions: ReadonlyMap<string, AnyAction> = new Map(
  [
    scale,
    restart,
    rollback,
    setImage,
    setEnv,
    setResources,
    patch,
    pods,
    evict,
    deletePod,
    cordon,
    uncordon,
    drain,
    runJob,
    exec,
    request,
  ].map((action) => [action.name, action as AnyAction]),
);

/** What loading rules has to know of them. */
export const actionShapes: ReadonlyMap<string, ActionShape> = new Map([...actions].map(([name, action]) => [name, shapeOf(action)]));

function shapeOf(action: AnyAction): ActionShape {
  return {
    name: action.name,
    effect: action.effect,
    parameterNames: action.parameterNames,
    parse: parseWith(action.params),
    target: (params) => action.target(params as never),
  };
}
