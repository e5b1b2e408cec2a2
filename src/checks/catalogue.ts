import type { CheckShape } from '../rule/action-shape.ts';
import { parseWith } from '../rule/parse-with.ts';
import { alertResolved } from './alert-resolved.ts';
import type { AnyCheck } from './check.ts';
import { http } from './http.ts';
import { promql } from './promql.ts';
import { rolloutComplete } from './rollout-complete.ts';

/** Every check there is. */
export const checks: ReadonlyMap<string, AnyCheck> = new Map(
  [promql, rolloutComplete, http, alertResolved].map((check) => [check.name, check as AnyCheck]),
);

/** What loading rules has to know of them. */
export const checkShapes: ReadonlyMap<string, CheckShape> = new Map([...checks].map(([name, check]) => [name, shapeOf(check)]));

function shapeOf(check: AnyCheck): CheckShape {
  return {
    name: check.name,
    positive: check.positive,
    parameterNames: check.parameterNames,
    parse: parseWith(check.params),
  };
}
