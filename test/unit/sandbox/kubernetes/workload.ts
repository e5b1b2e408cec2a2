import { ManualClock } from '../../../../src/sandbox/clock.ts';
import { createCluster } from '../../../../src/sandbox/kubernetes/cluster.ts';
import type { ClusterOptions, ServedCluster } from '../../../../src/sandbox/kubernetes/cluster.ts';
import type { KubernetesObject } from '../../../../src/sandbox/kubernetes/object.ts';
import { objectAt } from '../../../../src/sandbox/kubernetes/plain.ts';

/** A cluster on a clock of its own with counted uids. */
export function testCluster(options: Partial<ClusterOptions> = {}): { readonly cluster: ServedCluster; readonly clock: ManualClock } {
  const clock = new ManualClock();
  let next = 0;
  const ids = (): string => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`;
  return { cluster: createCluster({ clock, ids, ...options }), clock };
}

export function workload(
  kind: 'Deployment' | 'StatefulSet',
  spec: Readonly<Record<string, unknown>> = {},
  image = 'registry.example/web:1',
): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
      ...spec,
    },
  };
}

/** The object with another image or spec. */
export function changed(cluster: ServedCluster, kind: string, change: Readonly<Record<string, unknown>>): KubernetesObject {
  const object = cluster.get(kind, 'shop', 'web');
  if (object === undefined) throw new Error(`no ${kind}`);
  return cluster.update(object, (present) => ({ ...present, spec: { ...objectAt(present, 'spec'), ...change } }));
}

export function templateOf(image: string): Readonly<Record<string, unknown>> {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } };
}
