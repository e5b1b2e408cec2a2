import type { z } from 'zod';
import { defineAction } from '../action.ts';
import { cordonPermissions, NodeParams, nodeTarget, planCordon, setCordon, type CordonIntent } from './node.ts';

/** Output: `{ unschedulable: true }`. */
export const cordon = defineAction<z.infer<typeof NodeParams>, CordonIntent>({
  name: 'kubernetes.cordon',
  summary: 'Keep new pods off a node.',
  effect: 'converge',
  params: NodeParams,
  target: nodeTarget,
  permissions: cordonPermissions,
  plan: (params, context) => planCordon(params, true, context),
  async apply(intent, context) {
    await setCordon(intent, context);
    return { unschedulable: true };
  },
});
