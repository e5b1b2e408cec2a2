import type { SandboxResponse } from '../../listen.ts';
import { budgetsOf, conditionOf } from '../controllers/disruption.ts';
import { isReady } from '../controllers/control.ts';
import { disrupted } from '../deletion.ts';
import type { KubernetesObject } from '../object.ts';
import { numberAt, objectAt, textAt } from '../plain.ts';
import { internalError, methodNotAllowed, StatusError } from '../status-error.ts';
import { timestamp } from '../timestamp.ts';
import { jsonAnswer } from './answer.ts';
import { readObject } from './body.ts';
import { isDryRun, target } from './call.ts';
import type { Call } from './call.ts';
import { checkPreconditions } from './delete.ts';

/** POST pods/eviction: 201 means "terminating"; again on a terminating pod likewise. A pod's disruption budget may refuse with 429. */
export function serveEviction(call: Call): SandboxResponse {
  if (call.request.method !== 'POST') throw methodNotAllowed();
  const { object: eviction } = readObject(call.request, call.route, 'Eviction');
  const pod = target(call);
  const options = objectAt(eviction, 'deleteOptions');
  const inBody = Array.isArray(options['dryRun']) && options['dryRun'].includes('All');
  const isRehearsal = isDryRun(call.request, 'CreateOptions') || inBody;
  const isLive = pod.metadata.deletionTimestamp === undefined;
  checkPreconditions(call.route.resource, pod, options);
  if (isLive) spendBudget(call, pod, isRehearsal);
  if (isLive && !isRehearsal) {
    const { cluster } = call;
    cluster.deletion.delete(cluster.store.put(disrupted(pod, cluster.clock.now())));
  }
  return jsonAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}

/** Takes one disruption from the pod's budget, or refuses; pods that do not run yet, or no more, cost nothing. */
function spendBudget({ cluster }: Call, pod: KubernetesObject, isRehearsal: boolean): void {
  const [budget, ...others] = budgetsOf(cluster.store, pod);
  if (budget === undefined || ['Pending', 'Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'))) return;
  if (others.length > 0)
    throw internalError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const count = (name: string): number => numberAt(budget, 'status', name) ?? 0;
  const { name } = budget.metadata;
  if (count('observedGeneration') < (budget.metadata.generation ?? 1))
    throw budgetSpent(`The disruption budget ${name} is still being processed by the server.`, 10);
  const [desired, healthy] = [count('desiredHealthy'), count('currentHealthy')];
  if (!isReady(pod) && desired > 0 && healthy >= desired) return;
  const allowed = count('disruptionsAllowed');
  if (allowed === 0) throw budgetSpent(`The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`);
  if (isRehearsal) return;
  const now = cluster.clock.now();
  const status = {
    ...objectAt(budget, 'status'),
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...objectAt(budget, 'status', 'disruptedPods'), [pod.metadata.name]: timestamp(now) },
    conditions: [conditionOf(budget, allowed - 1, now)],
  };
  cluster.writes.update(budget, { ...budget, status }, { part: 'status' });
}

function budgetSpent(why: string, retryAfterSeconds?: number): StatusError {
  const causes = [{ reason: 'DisruptionBudget', message: why }];
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
