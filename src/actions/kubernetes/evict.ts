import type { z } from 'zod';
import { defineAction } from '../action.ts';
import { budgetNote, budgetPermission, budgetsIn } from './budget.ts';
import { planEnding, PodParams, podTarget, type PodIntent } from './ending.ts';
import { podPermissions } from './owner.ts';
import { endPod, podGone, podRef } from './pod-gone.ts';
import { tracePermission } from './traced.ts';

/** One pod, by uid, as far as its disruption budget allows. Output: `{ evicted }`, false where it was gone already. */
export const evict = defineAction<z.infer<typeof PodParams>, PodIntent>({
  name: 'kubernetes.evict',
  summary: 'Evict a pod that its controller makes anew, within its disruption budget.',
  effect: 'converge',
  params: PodParams,
  target: podTarget,
  permissions: (params) => [
    ...podPermissions(params),
    budgetPermission({ cluster: params.cluster, namespace: params.namespace }),
    { cluster: params.cluster, namespace: params.namespace, apiGroup: '', resource: 'pods/eviction', verbs: ['create'], name: params.pod },
    tracePermission(params),
  ],
  async plan(params, context) {
    const { pod, ...plan } = await planEnding(params, 'evicted', context);
    const note = plan.changes.length === 0 ? undefined : budgetNote(pod, await budgetsIn(params, context));
    return note === undefined ? plan : { ...plan, notes: [note] };
  },
  async apply({ place, uid }, context) {
    const { write, run, signal } = context;
    const pod = { ...podRef(place), uid };
    const evicted = await endPod(place, { uid, context, end: () => write.kubernetes.evict(pod, signal) });
    if (evicted) await write.kubernetes.trace(pod, { reason: 'Evicted', message: `Fixpoint: evicted (run ${run})`, run }, signal);
    return { evicted };
  },
  settled: ({ place, uid }, context) => podGone(place, uid, context),
});
