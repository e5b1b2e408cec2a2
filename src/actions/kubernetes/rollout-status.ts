import { z } from 'zod';
import { rolloutState } from '../../run/rollout.ts';
import { defineAction } from '../action.ts';
import { presentRevision, revisionPermissions, revisionsOf } from './revision.ts';
import { stuckPods } from './stuck-pods.ts';
import { resolveWorkload, namesOne, ownerPermissions, workloadPermissions, workloadShape } from './workload-params.ts';
import { workloadKinds, workloadRef } from './workload.ts';

const Params = z
  .strictObject({
    ...workloadShape,
    age: z.boolean().default(false).describe('Also `ageSeconds`: how long ago its present pod template was first rolled out.'),
  })
  .refine(...namesOne);

export const rolloutStatus = defineAction<z.infer<typeof Params>, null>({
  name: 'kubernetes.rolloutStatus',
  summary: 'Read whether a Deployment, StatefulSet or DaemonSet has rolled out what its spec says, and what is missing.',
  effect: 'read',
  output:
    '`{ workload, complete, failed, reason, paused, generation, observed, replicas, updated, ready, available, stuck: [pod], ageSeconds }`; `ageSeconds` where asked for, null where no kept revision has the present template',
  params: Params,
  target: () => undefined,
  permissions: (params) => [
    ...workloadPermissions(params, ['get']),
    ...ownerPermissions(params),
    ...(params.age ? revisionPermissions(params) : []),
    ...(params.kind === 'StatefulSet' || params.kind === undefined
      ? [{ cluster: params.cluster, namespace: params.namespace, apiGroup: '', resource: 'pods', verbs: ['list'] }]
      : []),
  ],
  async plan(params, context) {
    const { kubernetes, signal } = context;
    const workload = await resolveWorkload(params, context, workloadKinds);
    const object = await kubernetes.get(workloadRef(workload), signal);
    const state = rolloutState(object, 0);
    const status = (object['status'] ?? {}) as Readonly<Record<string, number | undefined>>;
    const spec = (object['spec'] ?? {}) as { replicas?: number; paused?: boolean };
    const present = params.age ? presentRevision(object, await revisionsOf(kubernetes, { workload, object, signal })) : undefined;
    const isDaemon = workload.kind === 'DaemonSet';
    const isStuck = workload.kind === 'StatefulSet' && state.settled !== true;
    const output = {
      workload: { kind: workload.kind, namespace: workload.namespace, name: workload.name },
      complete: state.settled === true,
      failed: state.settled === 'failed',
      reason: state.settled === true ? null : state.reason,
      paused: spec.paused === true,
      generation: object.metadata.generation ?? 0,
      observed: status['observedGeneration'] ?? 0,
      // Counts of none are absent (test/fixtures/kubernetes, fact 2).
      replicas: isDaemon ? (status['desiredNumberScheduled'] ?? 0) : (spec.replicas ?? 1),
      updated: (isDaemon ? status['updatedNumberScheduled'] : status['updatedReplicas']) ?? 0,
      ready: (isDaemon ? status['numberReady'] : status['readyReplicas']) ?? 0,
      available: (isDaemon ? status['numberAvailable'] : status['availableReplicas']) ?? 0,
      ...(params.age ? { ageSeconds: present === undefined ? null : ageOf(present.createdAt, context.clock.now()) } : {}),
      stuck: isStuck ? await stuckPods(kubernetes, { workload, object, signal }) : [],
    };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});

/** A moment that is still to come, by our clock, is now. */
function ageOf(createdAt: string, now: number): number | null {
  const at = Date.parse(createdAt);
  return Number.isNaN(at) ? null : Math.max(0, Math.floor((now - at) / 1000));
}
