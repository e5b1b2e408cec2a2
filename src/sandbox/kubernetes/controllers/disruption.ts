import type { KubernetesObject } from '../object.ts';
import { listAt, numberAt, objectAt, valueAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { meets, requirementsOf } from '../selector.ts';
import type { Store } from '../store.ts';
import { timestamp } from '../timestamp.ts';
import { controllerOf, isReady, isTerminating, writeStatus } from './control.ts';
import type { Control } from './control.ts';

/** The budgets that count a pod. */
export function budgetsOf(store: Store, pod: KubernetesObject): readonly KubernetesObject[] {
  return store.list('PodDisruptionBudget', pod.metadata.namespace).filter((budget) => isCounted(budget, pod));
}

function isCounted(budget: KubernetesObject, pod: KubernetesObject): boolean {
  const selector = valueAt(budget, 'spec', 'selector');
  return selector !== undefined && meets(requirementsOf(objectAt(budget, 'spec', 'selector')), pod.metadata.labels ?? {});
}

/** Counts a budget's pods and how many of them may go, as the watches of test/fixtures/kubernetes/transcripts/10 show it. */
export function reconcileBudget(control: Control, budget: KubernetesObject): void {
  const pods = control.store.list('Pod', budget.metadata.namespace).filter((pod) => isCounted(budget, pod));
  const healthy = pods.filter((pod) => isReady(pod) && !isTerminating(pod)).length;
  const expected = expectedPods(control.store, budget, pods);
  const desired = desiredHealthy(budget, expected);
  const allowed = expected === 0 ? 0 : Math.max(0, healthy - desired);
  const status = {
    observedGeneration: budget.metadata.generation ?? 1,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: [conditionOf(budget, allowed, control.clock.now())],
  };
  writeStatus(control, budget, status);
}

export function conditionOf(budget: KubernetesObject, allowed: number, now: number): PlainObject {
  const status = allowed > 0 ? 'True' : 'False';
  const before = listAt(budget, 'status', 'conditions').find((condition) => condition['status'] === status);
  return {
    type: 'DisruptionAllowed',
    status,
    observedGeneration: budget.metadata.generation ?? 1,
    lastTransitionTime: before?.['lastTransitionTime'] ?? timestamp(now),
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
}

/** Whole numbers of minAvailable count pods; all else is reckoned from what their owners want. */
function expectedPods(store: Store, budget: KubernetesObject, pods: readonly KubernetesObject[]): number {
  if (typeof valueAt(budget, 'spec', 'minAvailable') === 'number') return pods.length;
  const owners = new Map(pods.flatMap((pod) => (controllerOf(pod) === undefined ? [] : [[controllerOf(pod)?.uid, pod]])));
  const wanted = [...owners.values()].map((pod) => {
    const owner = controllerOf(pod);
    return numberAt(store.get(owner?.kind ?? '', pod.metadata.namespace ?? '', owner?.name ?? ''), 'spec', 'replicas') ?? 0;
  });
  return wanted.reduce((sum, count) => sum + count, 0);
}

function desiredHealthy(budget: KubernetesObject, expected: number): number {
  const most = valueAt(budget, 'spec', 'maxUnavailable');
  if (most !== undefined) return Math.max(0, expected - amountOf(most, expected));
  return amountOf(valueAt(budget, 'spec', 'minAvailable') ?? 1, expected);
}

/** A count, or a percentage rounded up. */
function amountOf(value: unknown, of: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number.parseInt(String(value), 10) * of) / 100);
}
