import type { ActionShape } from '../rule/action-shape.ts';
import { parseWith } from '../rule/parse-with.ts';
import type { AnyAction } from './action.ts';
import { request } from './http/request.ts';
import { patch } from './kubernetes/patch.ts';
import { pods } from './kubernetes/pods.ts';
import { restart } from './kubernetes/restart.ts';
import { scale } from './kubernetes/scale.ts';

/** Every action there is. */
export const actions: ReadonlyMap<string, AnyAction> = new Map(
  [scale, restart, patch, pods, request].map((action) => [action.name, action as AnyAction]),
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
