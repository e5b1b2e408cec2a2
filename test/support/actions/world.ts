import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import type { Action, PlanContext, WriteContext } from '../../../src/actions/action.ts';
import { actions } from '../../../src/actions/catalogue.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { AlertmanagerReader, AlertmanagerWriter } from '../../../src/ports/alertmanager.ts';
import type { HttpReader, HttpWriter } from '../../../src/ports/http-client.ts';
import type { KubernetesReader, KubernetesWriter } from '../../../src/ports/kubernetes.ts';
import type { PostgresReader, PostgresWriter } from '../../../src/ports/postgres-target.ts';
import type { Prometheus } from '../../../src/ports/prometheus.ts';
import type { RedisReader, RedisWriter } from '../../../src/ports/redis-target.ts';
import type { Json } from '../../../src/value/json.ts';
import { absent } from './absent.ts';

export interface World {
  readonly kubernetes?: KubernetesReader & KubernetesWriter;
  readonly http?: HttpReader & HttpWriter;
  readonly redis?: RedisReader & RedisWriter;
  readonly postgres?: PostgresReader & PostgresWriter;
  readonly alertmanager?: AlertmanagerReader & AlertmanagerWriter;
  readonly prometheus?: Prometheus;
}

/** What an action gets from the engine, over fakes; what is not given is not there. */
export function contextOf(world: World, clock: Clock = manualClock()): WriteContext & PlanContext {
  const {
    kubernetes = absent('Kubernetes'),
    http = absent('HTTP'),
    redis = absent('Redis'),
    postgres = absent('PostgreSQL'),
    alertmanager = absent('Alertmanager'),
    prometheus = absent('Prometheus'),
  } = world;
  const ports = { kubernetes, http, redis, postgres, alertmanager };
  return { ...ports, prometheus, clock, signal: AbortSignal.timeout(20_000), run: 'run-1', step: 'step-1', source: 'main', write: ports };
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

/** Whether what was applied has settled, by the action itself. */
export async function settledOf(name: string, { intent, output = null }: { intent: Json; output?: Json }, context: WriteContext) {
  return (await actionNamed(name).settled?.(intent, { ...context, output })) ?? { settled: true as const };
}
