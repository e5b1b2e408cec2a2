import type { Cluster } from '../../kubernetes/cluster.ts';
import { objectAt } from '../../kubernetes/plain.ts';
import { backupCronJob } from './platform.ts';

/** Last night's backup, so that there is one to go back to. */
export function firstBackup(cluster: Pick<Cluster, 'get' | 'create'>, namespace: string): void {
  const cronJob = cluster.get('CronJob', namespace, backupCronJob);
  if (cronJob === undefined) return;
  const { name, uid = '' } = cronJob.metadata;
  cluster.create({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace,
      name: `${name}-last-night`,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: objectAt(cronJob, 'spec', 'jobTemplate', 'spec'),
  });
}
