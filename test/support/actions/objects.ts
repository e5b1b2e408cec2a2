import { FakeCluster } from './fake-cluster.ts';

export const workload = { namespace: 'app', name: 'web' } as const;
export const deploymentPlace = { apiVersion: 'apps/v1', kind: 'Deployment', ...workload } as const;
export const configMapPlace = { apiVersion: 'v1', kind: 'ConfigMap', ...workload } as const;

export interface Setting {
  readonly replicas?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** One Deployment and one ConfigMap, both `app/web`. */
export function clusterWith({ replicas = 3, annotations, data }: Setting = {}): FakeCluster {
  const cluster = new FakeCluster();
  const metadata = { namespace: workload.namespace, name: workload.name };
  const template = { metadata: { labels: { app: 'web' }, ...(annotations === undefined ? {} : { annotations }) } };
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
