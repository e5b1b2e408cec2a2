import { FixpointError } from '../../errors.ts';
import type { DeclaredCommand, KubernetesObject, KubernetesReader, ObjectRef } from '../../ports/kubernetes.ts';
import type { ClusterApi } from './connection.ts';
import { pathOf } from './resources.ts';

/** The cluster of that name, or `kubernetes.invalid` for one that nobody configured. */
export function clusterNamed(clusters: ReadonlyMap<string, ClusterApi>, name: string): ClusterApi {
  const cluster = clusters.get(name);
  if (cluster !== undefined) return cluster;
  throw new FixpointError('kubernetes.invalid', `no cluster is named ${name}; there are ${[...clusters.keys()].join(', ') || 'none'}`);
}

/** What an action may need to know of the configuration. */
export interface ReaderSettings {
  readonly commands?: ReadonlyMap<string, DeclaredCommand>;
  readonly protectedNamespaces?: readonly string[];
}

/** Reads objects of the clusters by name. */
export function createKubernetesReader(
  clusters: ReadonlyMap<string, ClusterApi>,
  { commands = new Map(), protectedNamespaces = [] }: ReaderSettings = {},
): KubernetesReader {
  const read = async (ref: ObjectRef, subresource: 'scale' | undefined, signal: AbortSignal) => {
    const path = pathOf({ ...ref, ...(subresource === undefined ? {} : { subresource }) });
    return asObject(await clusterNamed(clusters, ref.cluster).send({ method: 'GET', path, signal }), path);
  };
  return {
    get: (ref, signal) => read(ref, undefined, signal),
    getScale: (ref, signal) => read(ref, 'scale', signal),
    async podLog({ cluster, namespace, pod, container, tailLines, limitBytes, previous = false, sinceSeconds }, signal) {
      const path = pathOf({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod, subresource: 'log' });
      const query = {
        container,
        tailLines: String(tailLines),
        limitBytes: String(limitBytes),
        ...(previous ? { previous: 'true' } : {}),
        ...(sinceSeconds === undefined ? {} : { sinceSeconds: String(sinceSeconds) }),
      };
      return await clusterNamed(clusters, cluster).sendForText({ method: 'GET', path, query, signal });
    },
    async may({ cluster, namespace, apiGroup, resource: asked, verb, name }, signal) {
      const [resource = '', subresource] = asked.split('/');
      const resourceAttributes = { namespace, verb, group: apiGroup, resource, subresource, name };
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const answer = await clusterNamed(clusters, cluster).send({
        method: 'POST',
        path,
        contentType: 'application/json',
        body: JSON.stringify(review),
        signal,
      });
      return (answer as { status?: { allowed?: unknown } } | null)?.status?.allowed === true;
    },
    protects: (namespace) => protectedNamespaces.includes(namespace),
    command: (name) => commands.get(name),
    async list({ cluster, labelSelector, fieldSelector, limit, ...place }, signal) {
      const path = pathOf(place);
      const query = {
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
        ...(limit === undefined ? {} : { limit: String(limit) }),
      };
      const answer = await clusterNamed(clusters, cluster).send({ method: 'GET', path, query, signal });
      const items: unknown = typeof answer === 'object' && answer !== null && 'items' in answer ? answer.items : undefined;
      // An empty list of a typed API is `[]`; some kinds say `null`.
      if (items === null) return [];
      if (!Array.isArray(items)) throw new FixpointError('kubernetes.unavailable', `GET ${path}: the answer is no list`);
      return items.map((item) => asObject(item, path));
    },
  };
}

/** Holds an answer to what every object has. */
export function asObject(value: unknown, path: string): KubernetesObject {
  const metadata: unknown = typeof value === 'object' && value !== null && 'metadata' in value ? value.metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null)
    throw new FixpointError('kubernetes.unavailable', `${path}: the answer is no Kubernetes object`);
  return value as KubernetesObject;
}
