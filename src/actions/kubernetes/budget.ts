import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { Permission, ReadContext } from '../action.ts';
import { selects, type LabelSelector } from './label-selector.ts';

/** A disruption budget as far as it concerns an eviction. */
interface Budget {
  readonly name: string;
  readonly selector: LabelSelector | undefined;
  readonly allowed: number;
}

export async function budgetsIn(
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
  { kubernetes, signal }: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<readonly Budget[]> {
  const found = await kubernetes.list({ cluster, apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace }, signal);
  return found.map((budget) => ({
    name: budget.metadata.name,
    selector: (budget['spec'] as { selector?: LabelSelector } | undefined)?.selector,
    allowed: (budget['status'] as { disruptionsAllowed?: number } | undefined)?.disruptionsAllowed ?? 0,
  }));
}

/** What a person should know of the pod's budget; two budgets on one pod make every eviction fail (fact 14). */
export function budgetNote(pod: KubernetesObject, budgets: readonly Budget[]): string | undefined {
  const own = budgets.filter(({ selector }) => selector !== undefined && selects(selector, pod.metadata.labels ?? {}));
  const [budget] = own;
  if (budget === undefined) return undefined;
  if (own.length > 1) {
    throw new FixpointError(
      'target.ambiguous',
      `pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name} has ${own.length} disruption budgets (${own.map(({ name }) => name).join(', ')}); the API evicts no such pod`,
    );
  }
  return budget.allowed > 0
    ? `disruption budget ${budget.name} allows ${budget.allowed} ${budget.allowed === 1 ? 'eviction' : 'evictions'} now`
    : `disruption budget ${budget.name} allows no eviction now; it is tried until the step's time is over`;
}

export function budgetPermission(place: { readonly cluster: string; readonly namespace?: string }): Permission {
  return { ...place, apiGroup: 'policy', resource: 'poddisruptionbudgets', verbs: ['list'] };
}
