import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { Platform } from '../platform.ts';
import { autoscaler, deployment, service, statefulSet, type Workload } from '../workload.ts';

const namespace = 'ai-gatekeeper';

/** The image of the application without its version. */
export const gatekeeperImage = 'ai-gatekeeper/ai-gatekeeper';

export const gatekeeperReplicas = 3;

/** The environment of the application at the start. */
export const gatekeeperEnv = { DB_POOL_SIZE: '20', DB_MAX_OVERFLOW: '10', DB_POOL_RECYCLE: '1800', POLICY_MODE: 'strict' } as const;

export const gatekeeperResources = { cpu: '1', memory: '2Gi' } as const;

const gatekeeper = {
  namespace,
  name: 'ai-gatekeeper',
  replicas: gatekeeperReplicas,
  image: `${gatekeeperImage}:3.1.0`,
  port: 5000,
  env: gatekeeperEnv,
  resources: gatekeeperResources,
};
const postgres = { namespace, name: 'postgres', replicas: 1, image: 'postgres:15.8', port: 5432 };
const redis = { namespace, name: 'redis', replicas: 1, image: 'redis:7.4', port: 6379 };

/** A backup as the platform has it, kept from its schedule: it is run by hand. */
function backup(name: string, { image, args }: Pick<Workload, 'image'> & { readonly args: readonly string[] }): KubernetesObject {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'backup', image, args }] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { namespace, name },
    spec: { schedule: '15 2 * * *', suspend: true, jobTemplate: { spec: { backoffLimit: 1, template } } },
  };
}

/** AI Gatekeeper. */
export const aiGatekeeper: Platform = {
  name: 'ai-gatekeeper',
  namespaces: [namespace],
  services: ['ai-gatekeeper'],
  scrapes: { 'ai-gatekeeper': { path: '/api/monitoring/metrics?format=prometheus' } },
  stores: { redis: [], postgres: [] },
  objects: [
    statefulSet(postgres),
    deployment(redis),
    deployment(gatekeeper),
    ...[postgres, redis, gatekeeper].map(service),
    autoscaler(gatekeeper, { min: gatekeeperReplicas, max: 10 }),
    backup('postgres-backup', { image: 'postgres:15.8', args: ['pg_dump', '--format=custom', '--file=/backups/gatekeeper.dump'] }),
    backup('vector-store-backup', { image: `${gatekeeperImage}:3.1.0`, args: ['copy-vector-store', '/backups/vectors'] }),
  ],
};
