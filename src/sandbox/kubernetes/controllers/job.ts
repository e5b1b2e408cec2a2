import type { KubernetesObject } from '../object.ts';
import { listAt, numberAt, objectAt, textAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { timestamp } from '../timestamp.ts';
import { isActive, isReady, isTerminating, ownedBy, writeStatus } from './control.ts';
import type { Control } from './control.ts';
import { createOwnedPod } from './owned-pod.ts';

/** Between a failed pod and the next try. */
const firstRetryMs = 10_000;

/** Runs a Job's pods to its end, which comes in two steps (fact 31); one that has ended is kept as long as it asks for. */
export function reconcileJob(control: Control, job: KubernetesObject): void {
  if (isTerminating(job) || objectAt(job, 'spec')['suspend'] === true) return;
  if (hasEnded(job)) return keepEnded(control, job);
  const now = control.clock.now();
  const pods = ownedBy(control.store, job, 'Pod');
  const spec = (name: string, otherwise: number): number => numberAt(job, 'spec', name) ?? otherwise;
  const active = pods.filter(isActive);
  const succeeded = pods.filter((pod) => textAt(pod, 'status', 'phase') === 'Succeeded').length;
  const failed = Math.max(numberAt(job, 'status', 'failed') ?? 0, pods.filter((pod) => textAt(pod, 'status', 'phase') === 'Failed').length);
  const startTime = textAt(job, 'status', 'startTime') || timestamp(now);
  const counts = { terminating: pods.filter(isTerminating).length, uncountedTerminatedPods: {}, ready: active.filter(isReady).length };
  const write = (status: PlainObject): void =>
    writeStatus(control, job, { startTime, ...counts, ...nonZero({ succeeded, failed }), ...status });
  const ending = listAt(job, 'status', 'conditions')[0];
  if (ending !== undefined) {
    const isFailure = ending['type'] === 'FailureTarget';
    if (active.length > 0 || counts.terminating > 0) return write({ conditions: [ending] });
    write({
      conditions: [ending, { ...ending, type: isFailure ? 'Failed' : 'Complete' }],
      ...(isFailure ? {} : { completionTime: timestamp(now) }),
    });
    control.recordEvent(
      job,
      isFailure
        ? { type: 'Warning', reason: textOf(ending, 'reason'), message: textOf(ending, 'message') }
        : { type: 'Normal', reason: 'Completed', message: 'Job completed' },
    );
    return;
  }
  const end = (type: string, reason: string, message: string): void => {
    for (const pod of active) control.remove(pod);
    const condition = { type, status: 'True', lastProbeTime: timestamp(now), lastTransitionTime: timestamp(now), reason, message };
    write({ conditions: [condition], ...nonZero({ failed: type === 'FailureTarget' ? failed + active.length : failed }) });
    control.requeue(job, 0);
  };
  const deadline = numberAt(job, 'spec', 'activeDeadlineSeconds');
  const leftMs = deadline === undefined ? undefined : Date.parse(startTime) + deadline * 1000 - now;
  if (succeeded >= spec('completions', 1))
    return end('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods');
  if (failed > spec('backoffLimit', 6)) return end('FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  if (leftMs !== undefined && leftMs <= 0) return end('FailureTarget', 'DeadlineExceeded', 'Job was active longer than specified deadline');
  if (leftMs !== undefined) control.requeue(job, leftMs);
  let running = active.length;
  const wanted = Math.min(spec('parallelism', 1), spec('completions', 1) - succeeded);
  const waitMs = retryDelay(pods, failed, now);
  if (running < wanted && waitMs > 0) control.requeue(job, waitMs);
  else for (; running < wanted; running += 1) createOwnedPod(control, job);
  write(nonZero({ active: running }));
}

export function hasEnded(job: KubernetesObject): boolean {
  return listAt(job, 'status', 'conditions').some(({ type }) => type === 'Complete' || type === 'Failed');
}

export function hasSucceeded(job: KubernetesObject): boolean {
  return listAt(job, 'status', 'conditions').some(({ type }) => type === 'Complete');
}

/** When a Job ended, for the history limits of its CronJob. */
export function endedAt(job: KubernetesObject): number {
  const times = listAt(job, 'status', 'conditions').map((condition) => Date.parse(textOf(condition, 'lastTransitionTime')));
  return Math.max(0, ...times);
}

function keepEnded(control: Control, job: KubernetesObject): void {
  const ttl = numberAt(job, 'spec', 'ttlSecondsAfterFinished');
  if (ttl === undefined) return;
  const leftMs = endedAt(job) + ttl * 1000 - control.clock.now();
  if (leftMs > 0) control.requeue(job, leftMs);
  else control.remove(job);
}

function retryDelay(pods: readonly KubernetesObject[], failed: number, now: number): number {
  if (failed === 0) return 0;
  const ends = pods.flatMap((pod) =>
    listAt(pod, 'status', 'containerStatuses').map((status) => Date.parse(textAt(status, 'state', 'terminated', 'finishedAt'))),
  );
  const last = Math.max(0, ...ends.filter(Number.isFinite));
  return last + firstRetryMs * 2 ** (failed - 1) - now;
}

function nonZero(counts: Readonly<Record<string, number>>): PlainObject {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function textOf(condition: PlainObject, name: string): string {
  return textAt(condition, name);
}
