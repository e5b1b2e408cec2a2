import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { Platform } from '../platform.ts';
import { autoscaler, deployment, service, statefulSet } from '../workload.ts';

/** Its environments; the first is where its series and alerts are unless they say otherwise. */
export const mlNamespaces = ['ml-platform', 'ml-platform-staging', 'ml-platform-production'] as const;
export type MlNamespace = (typeof mlNamespaces)[number];

export const mlServices = ['model-serving', 'embedding-service', 'search-service', 'mlflow'] as const;
export type MlService = (typeof mlServices)[number];

export const modelServingReplicas = 3;
export const embeddingResources = { cpu: '1', memory: '2Gi' } as const;

/** What an environment holds; production has a database in two and a Redis cluster of six. */
function objectsOf(namespace: MlNamespace): readonly KubernetesObject[] {
  const isProduction = namespace === 'ml-platform-production';
  const on = (name: MlService | 'minio', port: number, replicas: number) => ({
    namespace,
    name,
    port,
    replicas,
    image: `254carbon/${name}:1.8.0`,
    resources: name === 'embedding-service' ? embeddingResources : { cpu: '500m', memory: '1Gi' },
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
    restore(namespace),
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

/** How the newest backup is brought back: kept from any schedule, run by hand. */
function restore(namespace: MlNamespace): KubernetesObject {
  const container = { name: 'restore', image: 'postgres:15.8', args: ['pg_restore', '--clean', '--dbname=ml', '/backups/latest.dump'] };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { namespace, name: 'postgres-restore' },
    spec: {
      schedule: '0 0 1 1 *',
      suspend: true,
      jobTemplate: { spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } } },
    },
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
  stores: { redis: [], postgres: [] },
  objects: mlNamespaces.flatMap(objectsOf),
};
