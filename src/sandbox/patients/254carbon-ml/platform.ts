import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { Platform } from '../platform.ts';
import { autoscaler, deployment, service, statefulSet } from '../workload.ts';

/** Its environments; the first is where its series and alerts are unless they say otherwise. */
export const mlNamespaces = ['ml-platform', 'ml-platform-staging', 'ml-platform-production'] as const;
export type MlNamespace = (typeof mlNamespaces)[number];

export const mlServices = ['model-serving', 'embedding-service', 'search-service', 'mlflow'] as const;
export type MlService = (typeof mlServices)[number];

export const modelServingReplicas = 3;

/** What a pod may use at first. */
export function firstLimits(name: MlService | 'minio'): { readonly cpu: string; readonly memory: string } {
  return name === 'embedding-service' ? { cpu: '1', memory: '2Gi' } : { cpu: '500m', memory: '1Gi' };
}

/** What an environment holds; production has a database in two and a Redis cluster of six. */
function objectsOf(namespace: MlNamespace): readonly KubernetesObject[] {
  const isProduction = namespace === 'ml-platform-production';
  const on = (name: MlService | 'minio', port: number, replicas: number) => ({
    namespace,
    name,
    port,
    replicas,
    image: `254carbon/${name}:1.8.0`,
    resources: firstLimits(name),
  });
  const modelServing = on('model-serving', 9005, modelServingReplicas);
  const deployments = [
    modelServing,
    on('embedding-service', 9006, isProduction ? 2 : 1),
    on('search-service', 9007, isProduction ? 2 : 1),
    on('mlflow', 5000, 1),
    on('minio', 9000, 1),
  ];
  const postgres = { namespace, name: 'postgres', replicas: isProduction ? 2 : 1, image: 'postgres:15.8', port: 5432 };
  const redis = { namespace, name: 'redis', replicas: isProduction ? 6 : 1, image: 'redis:7.4', port: 6379 };
  return [
    ...[postgres, redis].map(statefulSet),
    ...deployments.map(deployment),
    ...[postgres, redis, ...deployments].map(service),
    autoscaler(modelServing, { min: modelServingReplicas, max: 20 }),
    bounds(namespace),
    preparedJob('postgres-backup', namespace, ['pg_dump', '--format=custom', '--file=/backups/latest.dump']),
    preparedJob('postgres-restore', namespace, ['pg_restore', '--clean', '--dbname=ml', '/backups/latest.dump']),
  ];
}

/** Within which an autoscaler of pods' sizes keeps the embedding service. */
function bounds(namespace: MlNamespace): KubernetesObject {
  const policy = { containerName: '*', minAllowed: { cpu: '500m', memory: '1Gi' }, maxAllowed: { cpu: '4', memory: '8Gi' } };
  return {
    apiVersion: 'autoscaling.k8s.io/v1',
    kind: 'VerticalPodAutoscaler',
    metadata: { namespace, name: 'embedding-service' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'embedding-service' },
      updatePolicy: { updateMode: 'Off' },
      resourcePolicy: { containerPolicies: [policy] },
    },
  };
}

/** A Job that is run by hand, or by a remediation; nothing happens by the hour. */
function preparedJob(name: string, namespace: MlNamespace, args: readonly string[]): KubernetesObject {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'postgres:15.8', args }] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { namespace, name },
    spec: { schedule: '*/15 * * * *', suspend: true, jobTemplate: { spec: { backoffLimit: 0, template } } },
  };
}

/** The name of the HTTP connection to an environment's model serving. */
export function modelServingOf(namespace: MlNamespace): string {
  return `${namespace}-model-serving`;
}

/** The 254Carbon ML Platform. */
export const carbonMl: Platform = {
  name: '254carbon-ml',
  namespaces: mlNamespaces,
  services: mlNamespaces.map(modelServingOf),
  scrapes: Object.fromEntries(mlNamespaces.map((namespace) => [modelServingOf(namespace), { namespace }])),
  stores: { redis: mlNamespaces, postgres: [] },
  objects: mlNamespaces.flatMap(objectsOf),
};
