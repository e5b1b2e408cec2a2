import { actionShapes } from '../actions/catalogue.ts';
import { checkShapes } from '../checks/catalogue.ts';
import type { Shapes } from '../rule/action-shape.ts';

/** What rules may name. */
export function shapes(): Shapes {
  return { actions: actionShapes, checks: checkShapes };
}
