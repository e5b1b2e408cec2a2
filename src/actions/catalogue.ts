import type { ActionShape } from '../rule/action-shape.ts';
import { parseWith } from '../rule/parse-with.ts';
import type { AnyAction } from './action.ts';
import { request } from './http/request.ts';
import { cordon } from './kubernetes/cordon.ts';
import { deletePod } from './kubernetes/delete-pod.ts';
import { describe } from './kubernetes/describe.ts';
import { drain } from './kubernetes/drain.ts';
import { events } from './kubernetes/events.ts';
import { evict } from './kubernetes/evict.ts';
import { exec } from './kubernetes/exec.ts';
import { get } from './kubernetes/get.ts';
import { logs } from './kubernetes/logs.ts';
import { patch } from './kubernetes/patch.ts';
import { pods } from './kubernetes/pods.ts';
import { restart } from './kubernetes/restart.ts';
import { rollback } from './kubernetes/rollback.ts';
import { rolloutStatus } from './kubernetes/rollout-status.ts';
import { runJob } from './kubernetes/run-job.ts';
import { scale } from './kubernetes/scale.ts';
import { setEnv } from './kubernetes/set-env.ts';
import { setImage } from './kubernetes/set-image.ts';
import { setResources } from './kubernetes/set-resources.ts';
import { top } from './kubernetes/top.ts';
import { uncordon } from './kubernetes/uncordon.ts';

const onWorkloads = [scale, restart, rollback, setImage, setEnv, setResources, patch];
const onPodsAndNodes = [evict, deletePod, cordon, uncordon, drain, runJob, exec];
const reading = [pods, logs, events, top, get, describe, rolloutStatus];

/** Every action there is. */
export const actions: ReadonlyMap<string, AnyAction> = new Map(
  [...onWorkloads, ...onPodsAndNodes, ...reading, request].map((action) => [action.name, action as AnyAction]),
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
