import type { Json } from '../../../src/value/json.ts';
import { FakeCluster } from './fake-cluster.ts';

export const workload = { namespace: 'app', name: 'web' } as const;
export const deploymentPlace = { apiVersion: 'apps/v1', kind: 'Deployment', ...workload } as const;
export const configMapPlace = { apiVersion: 'v1', kind: 'ConfigMap', ...workload } as const;

export interface Setting {
  readonly replicas?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
  /** Of the Deployment; one, `web`, where left out. */
  readonly containers?: Json;
}

/** One Deployment and one ConfigMap, both `app/web`. */
export function clusterWith({
  replicas = 3,
  annotations,
  data,
  containers = [{ name: 'web', image: 'registry.example/web:1.0' }],
}: Setting = {}): FakeCluster {
  const cluster = new FakeCluster();
  const metadata = { namespace: workload.namespace, name: workload.name };
  const template = { metadata: { labels: { app: 'web' }, ...(annotations === undefined ? {} : { annotations }) }, spec: { containers } };
  cluster.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template },
  });
  cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, ...(data === undefined ? {} : { data: data }) });
  return cluster;
}

export function autoscaler(cluster: FakeCluster, { min, max }: { min: number; max: number }): void {
  const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: min, maxReplicas: max };
  cluster.put({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { namespace: 'app', name: 'web-hpa' }, spec });
}

/** Past templates of the Deployment `app/web`, the oldest first, and its present one as the newest: kept as ReplicaSets `web-1`, `web-2`, … */
export function history(cluster: FakeCluster, past: readonly Json[]): void {
  const deployment = cluster.objects.get('apps/v1/Deployment/app/web');
  if (deployment === undefined) throw new Error('there is no Deployment');
  const { template } = deployment['spec'] as { template: Json };
  for (const [index, each] of [...past, template].entries()) {
    const { metadata, ...rest } = each as { metadata: { labels: object } };
    const own = { ...metadata, labels: { ...metadata.labels, 'pod-template-hash': `h${index + 1}` } };
    cluster.put({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        namespace: 'app',
        name: `web-${index + 1}`,
        labels: { app: 'web' },
        annotations: { 'deployment.kubernetes.io/revision': String(index + 1) },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: deployment.metadata.uid, controller: true }],
      },
      spec: { template: { ...rest, metadata: own } as Json },
    });
  }
}
