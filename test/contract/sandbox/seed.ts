import type { ServedCluster } from '../../../src/sandbox/kubernetes/cluster.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { isPlainObject, listAt, textAt } from '../../../src/sandbox/kubernetes/plain.ts';
import { resources } from '../../../src/sandbox/kubernetes/resource.ts';
import type { Recorded, Transcript } from './transcript.ts';

export interface Seeds {
  /** Objects that existed before the recording began, where its first sight of them came too late to take them from it. */
  readonly seeds?: readonly unknown[];
  /** Nothing else existed: the recording's answers show objects made meanwhile. */
  readonly isSeededBySeedsOnly?: boolean;
}

/** Objects a recording shows without having created them, and every namespace it uses. */
export function seed(cluster: ServedCluster, transcript: Transcript, options: Seeds): void {
  const created = new Set<string>();
  const add = (object: KubernetesObject): void => {
    const key = `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (created.has(key) || cluster.get(object.kind, object.metadata.namespace ?? '', object.metadata.name) !== undefined) return;
    created.add(key);
    cluster.create(bare(object));
  };
  const namespaces = transcript.exchanges.map((exchange) => /\/namespaces\/(t\d+[^/]*)/.exec(exchange.request.path)?.[1]);
  for (const namespace of new Set(namespaces)) {
    if (namespace === undefined) continue;
    cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seed', namespace } });
    cluster.delete({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seed', namespace } });
  }
  for (const object of options.seeds ?? []) add(object as KubernetesObject);
  if (options.isSeededBySeedsOnly === true) return;
  for (const exchange of transcript.exchanges) {
    const { method, path, body } = exchange.request;
    if (method === 'POST' && isPlainObject(body) && !path.endsWith('/eviction')) {
      const [, namespace = ''] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
      created.add(`${textAt(body, 'kind')}/${namespace}/${textAt(body, 'metadata', 'name')}`);
      continue;
    }
    for (const object of objectsIn(exchange)) add(object);
  }
}

function objectsIn(exchange: Recorded): readonly KubernetesObject[] {
  const { body, status } = exchange.response;
  if (status !== 200 || !isPlainObject(body)) return [];
  const kind = textAt(body, 'kind');
  const itemKind = kind.endsWith('List') ? kind.slice(0, -'List'.length) : kind;
  const resource = resources.find(
    (candidate) =>
      candidate.kind === itemKind && !['Event', 'Namespace', 'ControllerRevision', 'ReplicaSet', 'EndpointSlice'].includes(candidate.kind),
  );
  if (resource === undefined) return [];
  const items = kind.endsWith('List') ? listAt(body, 'items') : [body];
  return items
    .map(
      (item) =>
        ({
          ...item,
          apiVersion: resource.group === '' ? 'v1' : `${resource.group}/${resource.version}`,
          kind: itemKind,
        }) as unknown as KubernetesObject,
    )
    .filter((object) => object.metadata?.name !== undefined && object.metadata.ownerReferences === undefined);
}

/** The object as its maker wrote it: without what server, controllers and kubelet added. */
function bare(object: KubernetesObject): KubernetesObject {
  if (object.kind === 'Node') return object;
  const { status: _, ...rest } = object;
  const { name, namespace, labels, annotations } = object.metadata;
  const own = Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith('deployment.kubernetes.io/')));
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(Object.keys(own).length === 0 ? {} : { annotations: own }),
  };
  if (object.kind !== 'Pod') return { ...rest, metadata };
  const { nodeName: __, volumes: ___, ...spec } = object['spec'] as Record<string, unknown>;
  const containers = listAt(object, 'spec', 'containers').map(({ volumeMounts: ____, ...container }) => container);
  return { ...rest, metadata, spec: { ...spec, containers } };
}
