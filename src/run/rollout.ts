import type { Json, JsonObject } from '../value/json.ts';

/** `failed`: it will never settle. */
export type RolloutState = { readonly settled: true } | { readonly settled: false | 'failed'; readonly reason: string };

interface RolloutSpec {
  readonly replicas?: number;
  readonly updateStrategy?: { readonly rollingUpdate?: { readonly partition?: number } };
}

interface RolloutStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
}

/**
 * Whether a workload has reached what its spec says, for the generation `ours` or a later one. Zero counts are absent, the Progressing
 * condition of the rollout before lies at first, and a StatefulSet has no conditions (test/fixtures/kubernetes, facts 1, 2, 5, 9).
 */
export function rolloutState(object: JsonObject, ours: number): RolloutState {
  const status = (object['status'] ?? {}) as RolloutStatus;
  const spec = (object['spec'] ?? {}) as RolloutSpec;
  // A status older than the spec says nothing of the spec.
  const generation = Math.max(ours, (object['metadata'] as { generation?: number } | undefined)?.generation ?? 0);
  if ((status.observedGeneration ?? 0) < generation) return pending('the controller has not seen the change yet');
  if (object['kind'] === 'DaemonSet') return daemonSetState(status);
  const stuck = status.conditions?.find(
    ({ type, status: is, reason }) => type === 'Progressing' && is === 'False' && reason === 'ProgressDeadlineExceeded',
  );
  if (stuck !== undefined) return { settled: 'failed', reason: stuck.message ?? 'the rollout exceeded its progress deadline' };
  const wanted = spec.replicas ?? 1;
  const updated = status.updatedReplicas ?? 0;
  const total = status.replicas ?? 0;
  const ready =
    object['kind'] === 'StatefulSet'
      ? Math.min(status.readyReplicas ?? 0, status.availableReplicas ?? Infinity)
      : (status.availableReplicas ?? 0);
  const toUpdate = object['kind'] === 'StatefulSet' ? toUpdateOf({ spec, status, wanted }) : wanted;
  if (updated < toUpdate) return pending(`${updated} of ${toUpdate} replicas are updated`);
  if (total > wanted) return pending(`${total - wanted} old replicas are still there`);
  if (ready < wanted) return pending(`${ready} of ${wanted} replicas are available`);
  return { settled: true };
}

/** A StatefulSet updates its pods from the partition on; where its revisions are one, there is nothing to update. */
function toUpdateOf({ spec, status, wanted }: { spec: RolloutSpec; status: RolloutStatus; wanted: number }): number {
  if (status.currentRevision !== undefined && status.currentRevision === status.updateRevision) return 0;
  return Math.max(0, wanted - (spec.updateStrategy?.rollingUpdate?.partition ?? 0));
}

function daemonSetState({ desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 }: RolloutStatus): RolloutState {
  if (updatedNumberScheduled < desiredNumberScheduled)
    return pending(`${updatedNumberScheduled} of ${desiredNumberScheduled} pods are updated`);
  if (numberAvailable < desiredNumberScheduled) return pending(`${numberAvailable} of ${desiredNumberScheduled} pods are available`);
  return { settled: true };
}

function pending(reason: string): RolloutState {
  return { settled: false, reason };
}

/** The uid in what a plan decided: that of the workload it changes. */
export function uidOf(intent: Json | undefined): string | undefined {
  const uid = memberOf(intent, 'uid');
  return typeof uid === 'string' ? uid : undefined;
}

/** The generation in what an apply put out: the one its own patch was answered with. */
export function generationOf(output: Json | undefined): number | undefined {
  const generation = memberOf(output, 'generation');
  return typeof generation === 'number' ? generation : undefined;
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)[name] : undefined;
}
