import type { KubernetesWriter } from '../../ports/kubernetes.ts';
import type { ClusterConnection } from './connection.ts';
import { asObject, clusterNamed } from './reader.ts';
import { pathOf } from './resources.ts';

const contentTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** Mutating requests under our field manager; `permit` is asked right before each and stops it by rejecting. */
export function createKubernetesWriter(clusters: ReadonlyMap<string, ClusterConnection>, permit: () => Promise<void>): KubernetesWriter {
  const queryFor = (dryRun: boolean | undefined) => ({ fieldManager: 'fixpoint', ...(dryRun === true ? { dryRun: 'All' } : {}) });
  return {
    async patch({ ref, subresource, type, body, dryRun }, signal) {
      const cluster = clusterNamed(clusters, ref.cluster);
      const path = pathOf({ ...ref, ...(subresource === undefined ? {} : { subresource }) });
      if (dryRun !== true) await permit();
      return asObject(await cluster.send({ method: 'PATCH', path, query: queryFor(dryRun), contentType: contentTypes[type], body: JSON.stringify(body), signal }));
    },
    async create(ref, body, { dryRun, signal }) {
      const cluster = clusterNamed(clusters, ref.cluster);
      const { name: _name, ...collection } = ref;
      if (dryRun !== true) await permit();
      const request = { method: 'POST' as const, path: pathOf(collection), query: queryFor(dryRun), contentType: 'application/json' };
      return asObject(await cluster.send({ ...request, body: JSON.stringify(body), signal }));
    },
  };
}
