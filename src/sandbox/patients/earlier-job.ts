import type { Cluster } from '../kubernetes/cluster.ts';
import { objectAt } from '../kubernetes/plain.ts';

/** Which CronJob ran, and how the name of its Job ends. */
interface Earlier {
  readonly namespace: string;
  readonly cronJob: string;
  readonly suffix: string;
}

/** A Job that a CronJob has run before anything happens, such as a backup, so that there is one to go back to. */
export function makeEarlierJob(cluster: Pick<Cluster, 'get' | 'create'>, { namespace, cronJob, suffix }: Earlier): void {
  const found = cluster.get('CronJob', namespace, cronJob);
  if (found === undefined) return;
  const { name, uid = '' } = found.metadata;
  cluster.create({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace,
      name: `${name}-${suffix}`,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: objectAt(found, 'spec', 'jobTemplate', 'spec'),
  });
}
