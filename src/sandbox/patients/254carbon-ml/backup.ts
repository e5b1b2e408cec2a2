import type { Cluster } from '../../kubernetes/cluster.ts';
import { objectAt } from '../../kubernetes/plain.ts';

const restoreJob = 'postgres-restore';

/** The backup of a quarter of an hour ago, so that there is one to go back to. */
export function makeBackup(cluster: Pick<Cluster, 'get' | 'create'>, namespace: string): void {
  const cronJob = cluster.get('CronJob', namespace, 'postgres-backup');
  if (cronJob === undefined) return;
  const { name, uid = '' } = cronJob.metadata;
  cluster.create({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace,
      name: `${name}-latest`,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: objectAt(cronJob, 'spec', 'jobTemplate', 'spec'),
  });
}

/** Whether a restore that began after `since` has ended well. */
export function isRestoredSince(cluster: Pick<Cluster, 'list' | 'createdAtMs'>, namespace: string, since: number): boolean {
  return cluster.list('Job', namespace).some((job) => {
    const succeeded = objectAt(job, 'status')['succeeded'];
    return (
      job.metadata.name.startsWith(restoreJob) && (cluster.createdAtMs(job) ?? 0) > since && typeof succeeded === 'number' && succeeded > 0
    );
  });
}
