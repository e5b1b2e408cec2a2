import { FixpointError } from '../../errors.ts';

interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Kinds we know, by `apiVersion/Kind`, so that no call needs discovery. */
const resources: Readonly<Record<string, Resource>> = {
  'v1/Pod': { plural: 'pods', namespaced: true },
  'v1/ConfigMap': { plural: 'configmaps', namespaced: true },
  'v1/Service': { plural: 'services', namespaced: true },
  'v1/Event': { plural: 'events', namespaced: true },
  'v1/Namespace': { plural: 'namespaces', namespaced: false },
  'v1/Node': { plural: 'nodes', namespaced: false },
  'apps/v1/Deployment': { plural: 'deployments', namespaced: true },
  'apps/v1/StatefulSet': { plural: 'statefulsets', namespaced: true },
  'apps/v1/DaemonSet': { plural: 'daemonsets', namespaced: true },
  'apps/v1/ReplicaSet': { plural: 'replicasets', namespaced: true },
  'autoscaling/v2/HorizontalPodAutoscaler': { plural: 'horizontalpodautoscalers', namespaced: true },
};

/** Names are checked where parameters are parsed; here each part is encoded once more, so that none can leave its place in the path. */
export function pathOf({ apiVersion, kind, namespace, name, subresource }: { apiVersion: string; kind: string; namespace?: string; name?: string; subresource?: string }): string {
  const resource = resources[`${apiVersion}/${kind}`];
  if (resource === undefined) throw new FixpointError('kubernetes.invalid', `this version does not know the kind ${apiVersion} ${kind}`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const inNamespace = resource.namespaced && namespace !== undefined ? `/namespaces/${encode(namespace)}` : '';
  const object = name === undefined ? '' : `/${encode(name)}`;
  return `${root}${inNamespace}/${resource.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** `.` and `..` survive percent-encoding and would climb in the path. */
function encode(part: string): string {
  if (part === '' || part === '.' || part === '..') throw new FixpointError('kubernetes.invalid', `${JSON.stringify(part)} is no name of a Kubernetes object`);
  return encodeURIComponent(part);
}
