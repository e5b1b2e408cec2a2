import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import type { LabelSelector } from './label-selector.ts';
import type { WorkloadKind } from './workload.ts';

/** A workload by whose selector pods are found. */
export interface PodOwner {
  readonly cluster: string;
  readonly namespace: string;
  readonly owner?: { readonly kind: WorkloadKind; readonly name: string } | undefined;
}

/** The label selector of a workload as text. */
export async function selectorOf(
  kubernetes: KubernetesReader,
  { cluster, namespace, owner }: PodOwner,
  signal: AbortSignal,
): Promise<string> {
  if (owner === undefined) throw new FixpointError('params.invalid', 'a selector or an owner is needed');
  const object = await kubernetes.get({ cluster, apiVersion: 'apps/v1', kind: owner.kind, namespace, name: owner.name }, signal);
  return selectorText(object, `${owner.kind} ${namespace}/${owner.name}`);
}

/** The selector of a workload that has been read. An empty one would be every pod of the namespace, and is refused. */
export function selectorText(object: KubernetesObject, what: string): string {
  const { matchLabels = {}, matchExpressions = [] } = (object['spec'] as { selector?: LabelSelector } | undefined)?.selector ?? {};
  const selector = [...Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`), ...matchExpressions.map(requirementText)];
  if (selector.length === 0) throw new FixpointError('target.ambiguous', `${what} selects by no label`);
  return selector.join(',');
}

function requirementText({ key, operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number]): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      throw new FixpointError('target.ambiguous', `a selector with the operator ${operator} is not understood`);
  }
}
