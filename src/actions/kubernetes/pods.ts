import { z } from 'zod';
import { defineAction } from '../action.ts';
import { selectedPods, selectionPermissions, selectionShape, selectsOnce } from './pod-selection.ts';
import { podSummary } from './pod-summary.ts';

/** How many pods are told one by one; all are counted. */
const mostTold = 50;

const Params = z.strictObject(selectionShape).refine(...selectsOnce);

export const pods = defineAction<z.infer<typeof Params>, null>({
  name: 'kubernetes.pods',
  summary: 'List pods by label selector or owner: phase, readiness and restarts.',
  effect: 'read',
  output: '`{ total, ready, restarts, pods: [{ name, uid, phase, ready, restarts, node, reason }] }`',
  params: Params,
  target: () => undefined,
  permissions: (params) => [
    { cluster: params.cluster, namespace: params.namespace, apiGroup: '', resource: 'pods', verbs: ['list'] },
    ...selectionPermissions(params),
  ],
  async plan(params, context) {
    const told = (await selectedPods(params, context)).map(podSummary);
    const output = {
      total: told.length,
      ready: told.filter((pod) => pod.ready).length,
      restarts: told.reduce((sum, pod) => sum + pod.restarts, 0),
      pods: told.slice(0, mostTold).map((pod) => ({ ...pod })),
    };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});
