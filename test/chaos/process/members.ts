import type { AnyAction } from '../../../src/actions/action.ts';
import { actions, actionShapes } from '../../../src/actions/catalogue.ts';
import { checkShapes } from '../../../src/checks/catalogue.ts';
import type { Shapes } from '../../../src/rule/action-shape.ts';
import { parseWith } from '../../../src/rule/parse-with.ts';
import type { Sabotage } from './orders.ts';
import { ring } from './ring-action.ts';

/** The actions of the service and the bell, and what rules may name. */
export function membersFor(sabotage: Sabotage): { readonly actions: ReadonlyMap<string, AnyAction>; readonly shapes: Shapes } {
  const effect = sabotage === 'repeat-once' ? 'converge' : ring.effect;
  const bell = { ...ring, effect } as AnyAction;
  const shape = { ...ring, effect, parse: parseWith(ring.params), target: (params: unknown) => ring.target(params as never) };
  return {
    actions: new Map([...actions, [ring.name, bell]]),
    shapes: { actions: new Map([...actionShapes, [ring.name, shape]]), checks: checkShapes },
  };
}
