import { z } from 'zod';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { defineAction } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { selectorOf } from './selector-of.ts';
import { workloadKinds } from './workload.ts';

/** How many pods are told one by one; all are counted. */
const mostTold = 50;

const Params = z
  .strictObject({
    cluster: ClusterName,
    namespace: Namespace,
    selector: z
      .string()
      .max(1000)
      .regex(
        /^[^\p{Cc}]*[A-Za-z0-9][^\p{Cc}]*$/u,
        'must be a label selector that names a label: an empty one is every pod of the namespace',
      )
      .optional()
      .describe('A label selector as kubectl takes it; this or `owner`.'),
    owner: z
      .strictObject({ kind: z.enum(workloadKinds).default('Deployment'), name: ObjectName })
      .optional()
      .describe('The workload whose own selector is used; this or `selector`.'),
  })
  .refine(({ selector, owner }) => (selector === undefined) !== (owner === undefined), 'must have exactly one of selector and owner');

/** Output: `{ total, ready, restarts, pods: [{ name, phase, ready, restarts, node }] }`. */
export const pods = defineAction<z.infer<typeof Params>, null>({
  name: 'kubernetes.pods',
  summary: 'List pods by label selector or owner: phase, readiness and restarts.',
  effect: 'read',
  params: Params,
  target: () => undefined,
  permissions: ({ cluster, namespace, owner }) => [
    { cluster, namespace, apiGroup: '', resource: 'pods', verbs: ['list'] },
    ...(owner === undefined
      ? []
      : [{ cluster, namespace, apiGroup: 'apps', resource: `${owner.kind.toLowerCase()}s`, verbs: ['get'], name: owner.name }]),
  ],
  async plan(params, { kubernetes, signal }) {
    const { cluster, namespace } = params;
    const labelSelector = params.selector ?? (await selectorOf(kubernetes, params, signal));
    const found = await kubernetes.list({ cluster, apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, signal);
    const told = found.map(describePod);
    const output = {
      total: told.length,
      ready: told.filter((pod) => pod.ready).length,
      restarts: told.reduce((sum, pod) => sum + pod.restarts, 0),
      pods: told.slice(0, mostTold),
    };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});

function describePod(pod: KubernetesObject) {
  const status = (pod['status'] ?? {}) as {
    phase?: string;
    conditions?: readonly { type: string; status: string }[];
    containerStatuses?: readonly { restartCount?: number }[];
  };
  return {
    name: pod.metadata.name,
    phase: status.phase ?? 'Unknown',
    ready: status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    restarts: (status.containerStatuses ?? []).reduce((sum, container) => sum + (container.restartCount ?? 0), 0),
    node: (pod['spec'] as { nodeName?: string } | undefined)?.nodeName ?? null,
  };
}
