import { z } from 'zod';
import { codeOf, FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { parseQuantity } from '../../value/quantity.ts';
import { defineAction, type ReadContext } from '../action.ts';
import { Namespace } from './names.ts';
import { selectionPermissions, selectionShape, selectionText } from './pod-selection.ts';

const mostTold = 50;

const Params = z
  .strictObject({
    ...selectionShape,
    namespace: Namespace.optional().describe('The namespace of the pods.'),
    of: z.enum(['pods', 'nodes']).default('pods').describe('Whose use is read.'),
  })
  .refine(({ of, namespace }) => (of === 'pods') === (namespace !== undefined), 'must have a namespace for pods and none for nodes')
  .refine(
    ({ of, selector, owner }) => (of === 'pods' ? (selector === undefined) !== (owner === undefined) : owner === undefined),
    'must have exactly one of selector and owner for pods, and no owner for nodes',
  );

export const top = defineAction<z.infer<typeof Params>, null>({
  name: 'kubernetes.top',
  summary: 'Read how much cpu (cores) and memory (bytes) pods or nodes use now.',
  effect: 'read',
  output:
    '`{ total, cpu, memory, pods | nodes: [{ name, cpu, memory }] }`, cpu in cores and memory in bytes, the largest use of memory first',
  params: Params,
  target: () => undefined,
  permissions: ({ cluster, of, namespace, ...rest }) => [
    { cluster, ...(namespace === undefined ? {} : { namespace }), apiGroup: 'metrics.k8s.io', resource: of, verbs: ['list'] },
    ...(namespace === undefined ? [] : selectionPermissions({ cluster, namespace, ...rest })),
  ],
  async plan(params, context) {
    const { cluster, namespace, selector, of } = params;
    const labelSelector = namespace === undefined ? selector : await selectionText({ ...params, namespace }, context);
    const place = of === 'pods' && namespace !== undefined ? { kind: 'PodMetrics', namespace } : { kind: 'NodeMetrics' };
    const list = { cluster, apiVersion: 'metrics.k8s.io/v1beta1', ...place, ...(labelSelector === undefined ? {} : { labelSelector }) };
    const used = (await metrics(list, context)).map(useOf).toSorted((a, b) => b.memory - a.memory);
    const output = {
      total: used.length,
      cpu: sum(used.map(({ cpu }) => cpu)),
      memory: sum(used.map(({ memory }) => memory)),
      [of]: used.slice(0, mostTold).map((use) => ({ ...use })),
    };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});

type List = Parameters<ReadContext['kubernetes']['list']>[0];

/** Both answers are texts, no Status (test/fixtures/kubernetes/transcripts/14). */
async function metrics(list: List, { kubernetes, signal }: ReadContext): Promise<readonly KubernetesObject[]> {
  try {
    return await kubernetes.list(list, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (codeOf(error) === 'kubernetes.not-found')
      throw new FixpointError('kubernetes.not-found', `cluster ${list.cluster} has no metrics API: metrics-server is not installed`, {
        cause: error,
      });
    if (codeOf(error) === 'kubernetes.unavailable')
      throw new FixpointError(
        'kubernetes.unavailable',
        `the metrics API of cluster ${list.cluster} does not answer: is metrics-server running?`,
        { cause: error },
      );
    throw error;
  }
}

interface Use {
  readonly name: string;
  readonly cpu: number;
  readonly memory: number;
}

function useOf(metric: KubernetesObject): Use {
  const { usage, containers = [] } = metric as { usage?: Usage; containers?: readonly { usage?: Usage }[] };
  const all = usage === undefined ? containers.map((container) => container.usage ?? {}) : [usage];
  return {
    name: metric.metadata.name,
    cpu: sum(all.map(({ cpu }) => amount(cpu))),
    memory: sum(all.map(({ memory }) => amount(memory))),
  };
}

interface Usage {
  readonly cpu?: string;
  readonly memory?: string;
}

function amount(quantity = '0'): number {
  return Number(parseQuantity(quantity)?.nano ?? 0n) / 1e9;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
