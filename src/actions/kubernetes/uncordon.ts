import type { z } from 'zod';
import { defineAction } from '../action.ts';
import { cordonPermissions, NodeParams, nodeTarget, planCordon, setCordon, type CordonIntent } from './node.ts';

/** Output: `{ unschedulable: false }`. */
export const uncordon = defineAction<z.infer<typeof NodeParams>, CordonIntent>({
  name: 'kubernetes.uncordon',
  summary: 'Let a node take new pods again.',
  effect: 'converge',
  params: NodeParams,
  target: nodeTarget,
  permissions: cordonPermissions,
  plan: (params, context) => planCordon(params, false, context),
  async apply(intent, context) {
    await setCordon(intent, context);
    return { unschedulable: false };
  },
});
