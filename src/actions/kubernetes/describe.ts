import { z } from 'zod';
import { codeOf } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { Json } from '../../value/json.ts';
import { redactText } from '../../value/redact.ts';
import { defineAction, type ReadContext } from '../action.ts';
import { isList, valueAt } from './field/path.ts';
import { eventsOf } from './object-events.ts';
import { isKnownKind, objectPermission, objectRef, objectShape } from './object-params.ts';
import { podSummary } from './pod-summary.ts';
import { selectorText } from './selector-of.ts';
import { bounded, mostShown, shownObject } from './shown-object.ts';
import { describeObject } from './workload.ts';

const mostEvents = 20;
const mostPods = 20;

/** Kinds whose `spec.selector` is one of pods. */
const selecting = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'PodDisruptionBudget']);

const Params = z.strictObject(objectShape).refine(...isKnownKind);

export const describe = defineAction<z.infer<typeof Params>, null>({
  name: 'kubernetes.describe',
  summary: 'Read an object with its conditions, Events and pods in one.',
  effect: 'read',
  output:
    '`{ object, conditions: [{ type, status, reason, message }], events: [event], pods: [pod] }`; a large object is cut to its status',
  params: Params,
  target: () => undefined,
  permissions: (params) => {
    const { cluster, namespace } = params;
    const place = { cluster, ...(namespace === undefined ? {} : { namespace }), apiGroup: '' };
    return [
      objectPermission(params),
      { ...place, resource: 'events', verbs: ['list'] },
      ...(selecting.has(params.kind) || params.kind === 'Service' || params.kind === 'Node'
        ? [{ ...place, resource: 'pods', verbs: ['list'] }]
        : []),
    ];
  },
  async plan(params, context) {
    const { kubernetes, signal } = context;
    const { cluster, kind, name } = params;
    const object = await kubernetes.get(objectRef(params), signal);
    const uid = object.metadata.uid;
    // Events of cluster-scoped objects are in `default`, and those of nodes carry the name as their uid.
    const about = kind === 'Node' ? { kind, name } : { kind, name, uid };
    const events = await eventsOf(kubernetes, { cluster, namespace: params.namespace ?? 'default', about, signal });
    const pods = (await podsOf(object, { params, context })).map(podSummary);
    const whole = shownObject(object);
    const isLarge = JSON.stringify(whole).length > mostShown / 2;
    const output = {
      object: isLarge ? shownObject({ kind, metadata: { name }, status: object['status'] ?? null }) : whole,
      conditions: conditionsOf(object),
      events: events.slice(0, mostEvents).map((event) => ({ ...event })),
      pods: pods.slice(0, mostPods).map((pod) => ({ ...pod })),
    };
    return { intent: null, changes: [], output: bounded(output, 'kubernetes.get with `path` reads a part of it') };
  },
  apply: () => Promise.resolve(null),
});

function conditionsOf(object: KubernetesObject): readonly Json[] {
  const conditions = valueAt(object, ['status', 'conditions']);
  if (!isList(conditions)) return [];
  return conditions.slice(0, 30).map((condition) => {
    const text = (key: string) => {
      const value = valueAt(condition, [key]);
      return typeof value === 'string' ? value.slice(0, 500) : null;
    };
    const message = text('message');
    return { type: text('type'), status: text('status'), reason: text('reason'), message: message === null ? null : redactText(message) };
  });
}

async function podsOf(
  object: KubernetesObject,
  { params, context: { kubernetes, signal } }: { params: z.infer<typeof Params>; context: ReadContext },
): Promise<readonly KubernetesObject[]> {
  const { cluster, kind, namespace, name } = params;
  const pods = { cluster, apiVersion: 'v1', kind: 'Pod' };
  if (kind === 'Node') return await kubernetes.list({ ...pods, fieldSelector: `spec.nodeName=${name}` }, signal);
  if (namespace === undefined) return [];
  if (kind === 'Service') {
    const selector = Object.entries((valueAt(object, ['spec', 'selector']) ?? {}) as Readonly<Record<string, string>>);
    if (selector.length === 0) return [];
    const labelSelector = selector.map(([key, value]) => `${key}=${value}`).join(',');
    return await kubernetes.list({ ...pods, namespace, labelSelector }, signal);
  }
  if (!selecting.has(kind)) return [];
  try {
    const labelSelector = selectorText(object, describeObject(objectRef(params)));
    return await kubernetes.list({ ...pods, namespace, labelSelector }, signal);
  } catch (error) {
    // A selector that selects nothing in particular has no pods to tell of.
    if (codeOf(error) === 'target.ambiguous') return [];
    throw error;
  }
}
