import type { Cluster } from '../../kubernetes/cluster.ts';
import { objectAt } from '../../kubernetes/plain.ts';

const restoreJob = 'postgres-restore';

/** Whether a restore that began after `since` has ended well. */
export function isRestoredSince(cluster: Pick<Cluster, 'list' | 'createdAtMs'>, namespace: string, since: number): boolean {
  return cluster.list('Job', namespace).some((job) => {
    const succeeded = objectAt(job, 'status')['succeeded'];
    return (
      job.metadata.name.startsWith(restoreJob) && (cluster.createdAtMs(job) ?? 0) > since && typeof succeeded === 'number' && succeeded > 0
    );
  });
}
