import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import type { Action, PlanContext, WriteContext } from '../../../src/actions/action.ts';
import { actions } from '../../../src/actions/catalogue.ts';
import type { HttpReader, HttpWriter } from '../../../src/ports/http-client.ts';
import type { KubernetesReader, KubernetesWriter } from '../../../src/ports/kubernetes.ts';
import type { Json } from '../../../src/value/json.ts';

const unused = (): never => {
  throw new Error('this action does no HTTP');
};

const noHttp = { read: unused, targetOf: unused, send: unused };

export interface World {
  readonly kubernetes?: KubernetesReader & KubernetesWriter;
  readonly http?: HttpReader & HttpWriter;
}

/** What an action gets from the engine, over fakes. */
export function contextOf({ kubernetes, http = noHttp }: World, clock = manualClock()): WriteContext & PlanContext {
  const cluster = kubernetes ?? (new Proxy({}, { get: unused }) as KubernetesReader & KubernetesWriter);
  return {
    kubernetes: cluster,
    http,
    clock,
    signal: AbortSignal.timeout(10_000),
    run: 'run-1',
    step: 'step-1',
    write: { kubernetes: cluster, http },
  };
}

export function actionNamed(name: string): Action {
  const action = actions.get(name);
  if (action === undefined) throw new Error(`there is no action ${name}`);
  return action;
}

/** Plans as the engine does: parsed parameters, and an intent that has been stored as JSON. */
export async function planOf(name: string, params: Json, context: PlanContext) {
  const plan = await actionNamed(name).plan(actionNamed(name).params.parse(params), context);
  return { ...plan, intent: JSON.parse(JSON.stringify(plan.intent)) as Json };
}

export async function applyOf(name: string, intent: Json, context: WriteContext): Promise<Json> {
  return await actionNamed(name).apply(intent, context);
}

export function isAccepted(name: string, params: unknown): boolean {
  return actionNamed(name).params.safeParse(params).success;
}
