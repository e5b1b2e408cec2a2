import type { KubernetesObject } from '../object.ts';
import { compact, listAt, numberAt, objectAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { timestamp } from '../timestamp.ts';
import { availableOf, replicasOf, rollingBounds, sumOf } from './deployment-scaling.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'] as const;

/** The counts a Deployment reports; zero ones are absent. */
export function countsOf(newSet: KubernetesObject | undefined, all: readonly KubernetesObject[]): PlainObject {
  const running = (set: KubernetesObject): number => numberAt(set, 'status', 'replicas') ?? 0;
  const available = sumOf(all, availableOf);
  return compact(
    {
      replicas: sumOf(all, running),
      updatedReplicas: newSet === undefined ? 0 : running(newSet),
      readyReplicas: sumOf(all, (set) => numberAt(set, 'status', 'readyReplicas') ?? 0),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - available),
    },
    counts,
  );
}

/** Puts a condition last unless nothing but its text would change; the transition time only moves with the status. */
export function withCondition(conditions: readonly PlainObject[], condition: Condition, now: number): readonly PlainObject[] {
  const before = conditions.find((other) => other['type'] === condition.type);
  if (before?.['status'] === condition.status && before['reason'] === condition.reason) return conditions;
  const { type, status, reason, message } = condition;
  const isSameStatus = before?.['status'] === status;
  const lastTransitionTime = isSameStatus ? before['lastTransitionTime'] : timestamp(now);
  return [
    ...conditions.filter((other) => other['type'] !== type),
    { type, status, lastUpdateTime: timestamp(now), lastTransitionTime, reason, message },
  ];
}

/** With or without the word that pods cannot be made (recorded in 21). */
export function withFailure(conditions: readonly PlainObject[], message: string | undefined, now: number): readonly PlainObject[] {
  if (message === undefined) return conditions.filter((condition) => condition['type'] !== 'ReplicaFailure');
  return withCondition(conditions, { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }, now);
}

export function availability(deployment: KubernetesObject, status: PlainObject): Condition {
  const isEnough = (numberAt(status, 'availableReplicas') ?? 0) >= replicasOf(deployment) - rollingBounds(deployment).maxUnavailable;
  return isEnough
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

export function isComplete(deployment: KubernetesObject, status: PlainObject): boolean {
  const wanted = replicasOf(deployment);
  return (['updatedReplicas', 'replicas', 'availableReplicas'] as const).every((count) => (numberAt(status, count) ?? 0) === wanted);
}

function isProgressing(before: PlainObject, after: PlainObject): boolean {
  const count = (status: PlainObject, name: (typeof counts)[number]): number => numberAt(status, name) ?? 0;
  const old = (status: PlainObject): number => count(status, 'replicas') - count(status, 'updatedReplicas');
  return (
    (['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const).some((name) => count(after, name) > count(before, name)) ||
    old(after) < old(before)
  );
}

/** The conditions after a look at the counts, and how many ms until the progress deadline wants another look. */
export function progressed(
  deployment: KubernetesObject,
  progress: {
    readonly counts: PlainObject;
    readonly conditions: readonly PlainObject[];
    readonly newSet: KubernetesObject | undefined;
    readonly now: number;
  },
): { readonly conditions: readonly PlainObject[]; readonly recheckMs?: number } {
  const { conditions, now } = progress;
  const set = progress.newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${progress.newSet.metadata.name}"`;
  const current = conditions.find((condition) => condition['type'] === 'Progressing');
  const before = objectAt(deployment, 'status');
  const wasComplete =
    numberAt(before, 'replicas') === numberAt(before, 'updatedReplicas') && current?.['reason'] === 'NewReplicaSetAvailable';
  const deadlineSeconds = numberAt(deployment, 'spec', 'progressDeadlineSeconds');
  if (deadlineSeconds === undefined || wasComplete) return { conditions };
  if (isComplete(deployment, progress.counts)) {
    const complete: Condition = {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${set} has successfully progressed.`,
    };
    return { conditions: withCondition(conditions, complete, now) };
  }
  if (isProgressing(before, progress.counts)) {
    const condition: Condition = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${set} is progressing.` };
    return { conditions: renewed(conditions, condition, now), recheckMs: deadlineSeconds * 1000 + 1000 };
  }
  if (current === undefined || current['reason'] === 'ProgressDeadlineExceeded' || current['reason'] === 'NewReplicaSetAvailable')
    return { conditions };
  const leftMs = Date.parse(String(current['lastUpdateTime'])) + deadlineSeconds * 1000 - now;
  if (leftMs > 0) return { conditions, recheckMs: leftMs + 1000 };
  const late: Condition = {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `${set} has timed out progressing.`,
  };
  return { conditions: withCondition(conditions, late, now) };
}

/** Unlike withCondition also moves the update time: each progress starts the deadline anew. */
function renewed(conditions: readonly PlainObject[], condition: Condition, now: number): readonly PlainObject[] {
  const before = conditions.find((other) => other['type'] === condition.type);
  const lastTransitionTime = before?.['status'] === condition.status ? before['lastTransitionTime'] : timestamp(now);
  const { type, status, reason, message } = condition;
  return [
    ...conditions.filter((other) => other['type'] !== type),
    { type, status, lastUpdateTime: timestamp(now), lastTransitionTime, reason, message },
  ];
}

export function conditionsOf(object: KubernetesObject): readonly PlainObject[] {
  return listAt(object, 'status', 'conditions');
}
