import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import { generationOf, rolloutState } from '../../run/rollout.ts';
import { defineAction } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { patchIfSame } from './patch-if-same.ts';
import { traced, tracePermission } from './traced.ts';
import { describeWorkload, requireSame, workloadPermission, workloadRef, workloadTarget, type Workload } from './workload.ts';

const Count = z.int().min(0).max(1000);

const Replicas = z
  .union([Count, z.strictObject({ atLeast: Count.min(1) }), z.strictObject({ atMost: Count.min(1) }), z.strictObject({ exactly: Count })])
  .describe('A count, or a bound that the present count may already keep. Nothing but an explicit 0 scales to none.');

const Params = z.strictObject({
  cluster: ClusterName,
  kind: z.enum(['Deployment', 'StatefulSet']).default('Deployment').describe('What is scaled.'),
  namespace: Namespace,
  name: ObjectName,
  replicas: Replicas,
});

type Intent = {
  readonly workload: { cluster: string; kind: 'Deployment' | 'StatefulSet'; namespace: string; name: string };
  readonly uid: string;
  readonly from: number;
  readonly to: number;
};

/** An absolute count on the `scale` subresource, with tests of uid and of the count it was planned from. */
export const scale = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.scale',
  summary: 'Set the replica count of a Deployment or StatefulSet.',
  effect: 'converge',
  params: Params,
  target: workloadTarget,
  permissions: (params) => [
    workloadPermission(params, ['get']),
    workloadPermission(params, ['get', 'patch'], 'scale'),
    tracePermission(params),
    {
      cluster: params.cluster,
      namespace: params.namespace,
      apiGroup: 'autoscaling',
      resource: 'horizontalpodautoscalers',
      verbs: ['list'],
    },
  ],
  async plan({ replicas, ...workload }, { kubernetes, signal }) {
    const current = await kubernetes.getScale(workloadRef(workload), signal);
    const from = countOf(current);
    const to = wantedCount(replicas, from);
    const intent: Intent = { workload, uid: current.metadata.uid, from, to };
    if (from === to) return { intent, changes: [] };
    const owner = await autoscalerOf(kubernetes, workload, signal);
    const notes = owner === undefined ? [] : [checkAgainst(owner, { workload, to })];
    return {
      intent,
      changes: [{ what: 'spec.replicas', from, to }],
      ...(notes.length === 0 ? {} : { notes }),
      inverse: { action: 'kubernetes.scale', with: { ...workload, replicas: { exactly: from } } },
    };
  },
  async apply({ workload, uid, from, to }, context) {
    const { kubernetes, write, signal } = context;
    const ref = workloadRef(workload);
    const what = describeWorkload(workload);
    const look = async () => {
      const live = await kubernetes.getScale(ref, signal);
      requireSame(live, uid, what);
      const count = countOf(live);
      if (count !== to && count !== from)
        throw new FixpointError('target.changed', `${what} has ${count} replicas, neither the ${from} it was planned from nor ${to}`);
      return { done: count === to, live };
    };
    // `spec` of a Scale at 0 is `{}` (fact 16): testing a missing key for null succeeds (fact 12), testing it for 0 does not.
    const test = { op: 'test', path: '/spec/replicas', value: from === 0 ? null : from };
    const body = [{ op: 'test', path: '/metadata/uid', value: uid }, test, { op: 'add', path: '/spec/replicas', value: to }];
    const changed = { ref, uid, reason: 'Scaled', what: `spec.replicas ${from} → ${to}` };
    const send = () => traced(changed, context, () => write.kubernetes.patch({ ref, subresource: 'scale', type: 'json', body }, signal));
    await patchIfSame(send, look);
    const { metadata } = await kubernetes.get(ref, signal);
    return { replicas: to, generation: metadata.generation ?? 0 };
  },
  async settled({ workload, uid }, { kubernetes, signal, output }) {
    const object = await kubernetes.get(workloadRef(workload), signal);
    requireSame(object, uid, describeWorkload(workload));
    return rolloutState(object, generationOf(output) ?? 0);
  },
});

function countOf(object: KubernetesObject): number {
  return (object['spec'] as { replicas?: number } | undefined)?.replicas ?? 0;
}

function wantedCount(replicas: z.infer<typeof Replicas>, from: number): number {
  if (typeof replicas === 'number') return replicas;
  if ('atLeast' in replicas) return Math.max(from, replicas.atLeast);
  if ('atMost' in replicas) return Math.min(from, replicas.atMost);
  return replicas.exactly;
}

interface Autoscaler {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** The HorizontalPodAutoscaler that owns the count. An API that cannot say leaves the plan without an answer, and so without a plan. */
async function autoscalerOf(
  kubernetes: KubernetesReader,
  { cluster, kind, namespace, name }: Workload,
  signal: AbortSignal,
): Promise<Autoscaler | undefined> {
  const autoscalers = await kubernetes.list({ cluster, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace }, signal);
  for (const autoscaler of autoscalers) {
    const spec = (autoscaler['spec'] ?? {}) as {
      scaleTargetRef?: { kind?: string; name?: string };
      minReplicas?: number;
      maxReplicas?: number;
    };
    if (spec.scaleTargetRef?.kind !== kind || spec.scaleTargetRef.name !== name) continue;
    return { name: autoscaler.metadata.name, min: spec.minReplicas ?? 1, max: spec.maxReplicas ?? 1000 };
  }
  return undefined;
}

/** Never fights an autoscaler: a count outside its bounds would be undone at its next sync (fact 29). */
function checkAgainst({ name, min, max }: Autoscaler, { workload, to }: { workload: Workload; to: number }): string {
  if (to < min || to > max) {
    throw new FixpointError(
      'target.ambiguous',
      `HorizontalPodAutoscaler ${name} keeps ${describeWorkload(workload)} between ${min} and ${max}; ${to} replicas would be undone`,
    );
  }
  return `HorizontalPodAutoscaler ${name} (${min} to ${max}) owns the count and may change it again`;
}
