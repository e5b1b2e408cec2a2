import type { z } from 'zod';
import { defineAction } from '../action.ts';
import { cordonPermissions, NodeParams, nodeTarget, planCordon, setCordon, type CordonIntent } from './node.ts';

/** Output: `{ unschedulable }`. */
function settingTo(unschedulable: boolean, { name, summary }: { readonly name: string; readonly summary: string }) {
  return defineAction<z.infer<typeof NodeParams>, CordonIntent>({
    name,
    summary,
    effect: 'converge',
    params: NodeParams,
    target: nodeTarget,
    permissions: cordonPermissions,
    plan: (params, context) => planCordon(params, unschedulable, context),
    async apply(intent, context) {
      await setCordon(intent, context);
      return { unschedulable };
    },
  });
}

export const cordon = settingTo(true, { name: 'kubernetes.cordon', summary: 'Keep new pods off a node.' });
export const uncordon = settingTo(false, { name: 'kubernetes.uncordon', summary: 'Let a node take new pods again.' });
