import type { KubernetesObject } from '../object.ts';
import { numberAt, objectAt, textAt } from '../plain.ts';
import { timestamp } from '../timestamp.ts';
import { isTerminating, ownedBy, ownerReference, writeStatus } from './control.ts';
import type { Control } from './control.ts';
import { isDue } from './cron-schedule.ts';
import { endedAt, hasEnded, hasSucceeded } from './job.ts';

const minuteMs = 60_000;

/** Starts a CronJob's Jobs on their minutes (UTC) and clears away old ones, those made by hand included (fact 30). */
export function reconcileCronJob(control: Control, cronJob: KubernetesObject): void {
  if (isTerminating(cronJob)) return;
  clearHistory(control, cronJob);
  const now = control.clock.now();
  const minute = Math.floor(now / minuteMs) * minuteMs;
  const isSuspended = objectAt(cronJob, 'spec')['suspend'] === true;
  const last = textAt(cronJob, 'status', 'lastScheduleTime');
  const born = Date.parse(cronJob.metadata.creationTimestamp ?? '');
  const isNew = minute > born && (last === '' || Date.parse(last) < minute);
  const mayStart = !isSuspended && isNew && isDue(textAt(cronJob, 'spec', 'schedule'), minute);
  const blocked = textAt(cronJob, 'spec', 'concurrencyPolicy') === 'Forbid' && activeJobs(control, cronJob).length > 0;
  if (mayStart && !blocked) startJob(control, cronJob, minute);
  const active = activeJobs(control, cronJob).map((job) => ({
    kind: 'Job',
    namespace: job.metadata.namespace,
    name: job.metadata.name,
    uid: job.metadata.uid,
    apiVersion: 'batch/v1',
    resourceVersion: job.metadata.resourceVersion,
  }));
  const lastScheduleTime = mayStart && !blocked ? timestamp(minute) : last;
  const lastSuccessfulTime = lastSuccess(control, cronJob) || textAt(cronJob, 'status', 'lastSuccessfulTime');
  writeStatus(control, cronJob, {
    ...(active.length === 0 ? {} : { active }),
    ...(lastScheduleTime === '' ? {} : { lastScheduleTime }),
    ...(lastSuccessfulTime === '' ? {} : { lastSuccessfulTime }),
  });
  if (!isSuspended) control.requeue(cronJob, minute + minuteMs - now);
}

/** Only those it has started itself count as active. */
function activeJobs(control: Control, cronJob: KubernetesObject): readonly KubernetesObject[] {
  return ownedBy(control.store, cronJob, 'Job').filter(
    (job) => !hasEnded(job) && job.metadata.annotations?.['cronjob.kubernetes.io/instantiate'] !== 'manual',
  );
}

function lastSuccess(control: Control, cronJob: KubernetesObject): string {
  const times = ownedBy(control.store, cronJob, 'Job')
    .filter(hasSucceeded)
    .map((job) => textAt(job, 'status', 'completionTime'));
  return times.toSorted().at(-1) ?? '';
}

function clearHistory(control: Control, cronJob: KubernetesObject): void {
  const ended = ownedBy(control.store, cronJob, 'Job').filter(hasEnded);
  const clear = (jobs: readonly KubernetesObject[], limit: number): void => {
    const oldestFirst = jobs.toSorted((a, b) => endedAt(a) - endedAt(b));
    for (const job of oldestFirst.slice(0, Math.max(0, jobs.length - limit))) control.remove(job);
  };
  clear(ended.filter(hasSucceeded), numberAt(cronJob, 'spec', 'successfulJobsHistoryLimit') ?? 3);
  clear(
    ended.filter((job) => !hasSucceeded(job)),
    numberAt(cronJob, 'spec', 'failedJobsHistoryLimit') ?? 1,
  );
}

function startJob(control: Control, cronJob: KubernetesObject, minute: number): void {
  const { name: _, ...metadata } = objectAt(cronJob, 'spec', 'jobTemplate', 'metadata');
  const { creationTimestamp: __, ...rest } = metadata;
  const job = control.writes.create({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...rest,
      name: `${cronJob.metadata.name}-${minute / minuteMs}`,
      namespace: cronJob.metadata.namespace ?? '',
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(minute) },
      ownerReferences: [ownerReference(cronJob)],
    },
    spec: objectAt(cronJob, 'spec', 'jobTemplate', 'spec'),
  });
  control.recordEvent(cronJob, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${job.metadata.name}` });
}
