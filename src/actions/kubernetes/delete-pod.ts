import type { z } from 'zod';
import { defineAction } from '../action.ts';
import { planEnding, PodParams, podTarget, type PodIntent } from './ending.ts';
import { podPermissions } from './owner.ts';
import { endPod, podGone, podRef } from './pod-gone.ts';
import { tracePermission } from './traced.ts';

/** One pod, by uid, whatever its disruption budget says. Output: `{ deleted }`, false where it was gone already. */
export const deletePod = defineAction<z.infer<typeof PodParams>, PodIntent>({
  name: 'kubernetes.deletePod',
  summary: 'Delete a pod that its controller makes anew. Disruption budgets do not hold it back: prefer kubernetes.evict.',
  effect: 'converge',
  params: PodParams,
  target: podTarget,
  permissions: (params) => [
    ...podPermissions(params),
    { cluster: params.cluster, namespace: params.namespace, apiGroup: '', resource: 'pods', verbs: ['delete'], name: params.pod },
    tracePermission(params),
  ],
  async plan(params, context) {
    const { pod: _pod, ...plan } = await planEnding(params, 'deleted', context);
    return plan;
  },
  async apply({ place, uid }, context) {
    const { write, run, signal } = context;
    const pod = { ...podRef(place), uid };
    const deleted = await endPod(place, { uid, context, end: () => write.kubernetes.delete(pod, signal) });
    if (deleted) await write.kubernetes.trace(pod, { reason: 'Deleted', message: `Fixpoint: deleted (run ${run})`, run }, signal);
    return { deleted };
  },
  settled: ({ place, uid }, context) => podGone(place, uid, context),
});
