import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, KubernetesReader, ObjectList, ObjectRef } from '../../ports/kubernetes.ts';
import type { ClusterConnection } from './connection.ts';
import { pathOf } from './resources.ts';

/** The clusters by name, or `kubernetes.invalid` for one that nobody configured. */
export function clusterNamed(clusters: ReadonlyMap<string, ClusterConnection>, name: string): ClusterConnection {
  const cluster = clusters.get(name);
  if (cluster === undefined) throw new FixpointError('kubernetes.invalid', `no cluster is named ${name}; there are ${[...clusters.keys()].join(', ') || 'none'}`);
  return cluster;
}

export function createKubernetesReader(clusters: ReadonlyMap<string, ClusterConnection>): KubernetesReader {
  const read = async (ref: ObjectRef, signal: AbortSignal, subresource?: string) => {
    const path = pathOf({ ...ref, ...(subresource === undefined ? {} : { subresource }) });
    return asObject(await clusterNamed(clusters, ref.cluster).send({ method: 'GET', path, signal }));
  };
  return {
    get: (ref, signal) => read(ref, signal),
    getScale: (ref, signal) => read(ref, signal, 'scale'),
    async list(list: ObjectList, signal) {
      const query = {
        ...(list.labelSelector === undefined ? {} : { labelSelector: list.labelSelector }),
        ...(list.fieldSelector === undefined ? {} : { fieldSelector: list.fieldSelector }),
        ...(list.limit === undefined ? {} : { limit: String(list.limit) }),
      };
      const answer = (await clusterNamed(clusters, list.cluster).send({ method: 'GET', path: pathOf(list), query, signal })) as { items?: unknown };
      if (!Array.isArray(answer.items)) throw new FixpointError('kubernetes.unavailable', `a list of ${list.kind} without items`);
      return answer.items.map(asObject);
    },
  };
}

export function asObject(value: unknown): KubernetesObject {
  const hasMetadata = typeof value === 'object' && value !== null && 'metadata' in value && typeof value.metadata === 'object' && value.metadata !== null;
  if (!hasMetadata) throw new FixpointError('kubernetes.unavailable', 'the answer is no Kubernetes object');
  return value as KubernetesObject;
}
