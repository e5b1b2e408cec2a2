import { FixpointError } from '../../errors.ts';
import { isDnsLabel, isDnsSubdomain } from '../../value/name.ts';
import { printable } from '../../value/printable.ts';

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
  'policy/v1/PodDisruptionBudget': { plural: 'poddisruptionbudgets', namespaced: true },
  'apps/v1/Deployment': { plural: 'deployments', namespaced: true },
  'apps/v1/StatefulSet': { plural: 'statefulsets', namespaced: true },
  'apps/v1/DaemonSet': { plural: 'daemonsets', namespaced: true },
  'apps/v1/ReplicaSet': { plural: 'replicasets', namespaced: true },
  'apps/v1/ControllerRevision': { plural: 'controllerrevisions', namespaced: true },
  'autoscaling/v2/HorizontalPodAutoscaler': { plural: 'horizontalpodautoscalers', namespaced: true },
  'batch/v1/Job': { plural: 'jobs', namespaced: true },
  'batch/v1/CronJob': { plural: 'cronjobs', namespaced: true },
};

export interface ResourcePlace {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: 'scale' | 'status' | 'log' | 'eviction' | 'exec';
}

/** The request path of an object or collection. What comes from labels is held to the API's rules for names, so that nothing can leave its place. */
export function pathOf({ apiVersion, kind, namespace, name, subresource }: ResourcePlace): string {
  const key = `${apiVersion}/${kind}`;
  const resource = Object.hasOwn(resources, key) ? resources[key] : undefined;
  if (resource === undefined) throw new FixpointError('kubernetes.invalid', `this version does not know the kind ${printable(key)}`);
  if (namespace !== undefined && !isDnsLabel(namespace)) throw notAName(namespace, 'namespace');
  if (name !== undefined && !isDnsSubdomain(name)) throw notAName(name, kind);
  if (resource.namespaced && name !== undefined && namespace === undefined)
    throw new FixpointError('kubernetes.invalid', `${kind} ${name} needs a namespace`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const inNamespace = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  return `${root}${inNamespace}/${resource.plural}${name === undefined ? '' : `/${name}`}${subresource === undefined ? '' : `/${subresource}`}`;
}

function notAName(text: string, what: string): FixpointError {
  return new FixpointError('kubernetes.invalid', `${printable(text)} is no name of a ${what}`);
}
