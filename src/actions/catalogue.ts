import type { ActionShape } from '../rule/action-shape.ts';
import { parseWith } from '../rule/parse-with.ts';
import type { JsonObject } from '../value/json.ts';
import type { AnyAction } from './action.ts';
import { expireSilence } from './alertmanager/expire-silence.ts';
import { silence } from './alertmanager/silence.ts';
import { assert } from './flow/assert.ts';
import { makeWaitFor } from './flow/wait-for.ts';
import { wait } from './flow/wait.ts';
import { get as httpGet } from './http/get.ts';
import { probe } from './http/probe.ts';
import { request } from './http/request.ts';
import { cordon, uncordon } from './kubernetes/cordon.ts';
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
import { notifyAlertmanager } from './notify/alertmanager.ts';
import { notifyWebhook } from './notify/webhook.ts';
import { parameterUses } from './parameter-use.ts';
import { activity } from './postgres/activity.ts';
import { query as postgresQuery } from './postgres/query.ts';
import { replication } from './postgres/replication.ts';
import { terminateBackends } from './postgres/terminate-backends.ts';
import { vacuum } from './postgres/vacuum.ts';
import { query as prometheusQuery } from './prometheus/query.ts';
import { bgsave } from './redis/bgsave.ts';
import { command } from './redis/command.ts';
import { config } from './redis/config.ts';
import { flush } from './redis/flush.ts';
import { info } from './redis/info.ts';
import { streamGroups } from './redis/stream-groups.ts';

const onWorkloads = [scale, restart, rollback, setImage, setEnv, setResources, patch];
const onPodsAndNodes = [evict, deletePod, cordon, uncordon, drain, runJob, exec];
const reading = [pods, logs, events, top, get, describe, rolloutStatus];
const kubernetes = [...onWorkloads, ...onPodsAndNodes, ...reading];
const http = [request, probe, httpGet];
const redis = [info, config, command, bgsave, flush, streamGroups];
const postgres = [activity, postgresQuery, terminateBackends, vacuum, replication];
const people = [silence, expireSilence, notifyAlertmanager, notifyWebhook];
const flow = [wait, makeWaitFor((name) => actions.get(name)), assert];

/** Every action there is. */
export const actions: ReadonlyMap<string, AnyAction> = new Map(
  [...kubernetes, ...http, ...redis, ...postgres, prometheusQuery, ...people, ...flow].map((action) => [action.name, action as AnyAction]),
);

/** What loading rules has to know of them. */
export const actionShapes: ReadonlyMap<string, ActionShape> = new Map([...actions].map(([name, action]) => [name, shapeOf(action)]));

/** What loading rules has to know of one. */
export function shapeOf({
  name,
  effect,
  effectOf,
  most,
  doesAs,
  isAside,
  isForPlanning,
  literal,
  parameterNames,
  ...action
}: AnyAction): ActionShape {
  return {
    name,
    effect,
    ...(effectOf === undefined ? {} : { effectOf }),
    ...(most === undefined ? {} : { most }),
    ...(doesAs === undefined ? {} : { doesAs }),
    ...(isAside === undefined ? {} : { isAside }),
    ...(isForPlanning === undefined ? {} : { isForPlanning }),
    ...(literal === undefined ? {} : { literal }),
    parameterNames,
    queriesIn: (written) => queriesIn(action, written),
    parse: parseWith(action.params),
    target: (params) => action.target(params as never),
  };
}

/** Those of an action that it calls stand in the parameter that holds that action's own. */
function queriesIn({ params, calls }: Pick<AnyAction, 'params' | 'calls'>, written: JsonObject): readonly (readonly string[])[] {
  const own = [...parameterUses(params)].filter(([, use]) => use === 'promql').map(([name]) => [name]);
  const inner = calls?.(written as never);
  const called = inner === undefined ? undefined : actions.get(inner.action);
  const key = Object.keys(written).find((name) => written[name] === inner?.params);
  if (inner === undefined || called === undefined || key === undefined) return own;
  return [...own, ...queriesIn(called, inner.params).map((path) => [key, ...path])];
}
