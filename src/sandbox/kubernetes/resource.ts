import type { ResourceName } from './status-error.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** One kind the sandbox serves. */
export interface Resource extends ResourceName {
  readonly version: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly string[];
  /** Fields that `fieldSelector` knows beside name and namespace. */
  readonly fields: readonly string[];
  /** Spec changes count up `metadata.generation`. */
  readonly hasGeneration: boolean;
  /** DELETE answers with the object instead of a Status. */
  readonly isDeleteAnsweredByObject: boolean;
}

const all: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function define(resource: Pick<Resource, 'group' | 'version' | 'kind' | 'plural'> & Partial<Resource>): Resource {
  return {
    singular: resource.kind.toLowerCase(),
    shortNames: [],
    isNamespaced: true,
    verbs: all,
    subresources: [],
    fields: [],
    hasGeneration: false,
    isDeleteAnsweredByObject: false,
    ...resource,
  };
}

const workload = { group: 'apps', version: 'v1', hasGeneration: true, subresources: ['scale', 'status'] } as const;
const batch = { group: 'batch', version: 'v1', hasGeneration: true } as const;
const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const eventFields = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'reason',
  'type',
  'source',
  'reportingComponent',
];

/**
 * Everything served, in the order that discovery lists it. Autoscalers keep their bounds and read no metrics; VirtualServices and
 * VerticalPodAutoscalers are stored and do nothing, and no recording backs them.
 */
export const resources: readonly Resource[] = [
  define({ group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] }),
  define({ group: '', version: 'v1', kind: 'Event', plural: 'events', shortNames: ['ev'], fields: eventFields }),
  define({
    group: '',
    version: 'v1',
    kind: 'Namespace',
    plural: 'namespaces',
    shortNames: ['ns'],
    isNamespaced: false,
    verbs: ['get', 'list', 'watch'],
    fields: ['status.phase'],
  }),
  define({
    group: '',
    version: 'v1',
    kind: 'Pod',
    plural: 'pods',
    shortNames: ['po'],
    subresources: ['eviction', 'exec', 'log', 'status'],
    fields: ['status.phase', 'spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.podIP'],
    isDeleteAnsweredByObject: true,
  }),
  define({
    group: '',
    version: 'v1',
    kind: 'Node',
    plural: 'nodes',
    shortNames: ['no'],
    isNamespaced: false,
    fields: ['spec.unschedulable'],
  }),
  define({
    group: '',
    version: 'v1',
    kind: 'ResourceQuota',
    plural: 'resourcequotas',
    shortNames: ['quota'],
    isDeleteAnsweredByObject: true,
  }),
  define({
    group: '',
    version: 'v1',
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    shortNames: ['sa'],
    isDeleteAnsweredByObject: true,
  }),
  define({ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', fields: ['type'] }),
  define({
    group: '',
    version: 'v1',
    kind: 'Service',
    plural: 'services',
    shortNames: ['svc'],
    isDeleteAnsweredByObject: true,
    fields: ['spec.clusterIP', 'spec.type'],
  }),
  define({ group: 'apps', version: 'v1', kind: 'ControllerRevision', plural: 'controllerrevisions', verbs: ['get', 'list', 'watch'] }),
  define({ ...workload, kind: 'DaemonSet', plural: 'daemonsets', shortNames: ['ds'], subresources: ['status'] }),
  define({ ...workload, kind: 'Deployment', plural: 'deployments', shortNames: ['deploy'] }),
  define({ ...workload, kind: 'ReplicaSet', plural: 'replicasets', shortNames: ['rs'], fields: ['status.replicas'] }),
  define({ ...workload, kind: 'StatefulSet', plural: 'statefulsets', shortNames: ['sts'] }),
  define({
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    shortNames: ['hpa'],
    subresources: ['status'],
  }),
  define({ ...batch, kind: 'CronJob', plural: 'cronjobs', shortNames: ['cj'], subresources: ['status'] }),
  define({ ...batch, kind: 'Job', plural: 'jobs', subresources: ['status'] }),
  define({
    group: 'policy',
    version: 'v1',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    shortNames: ['pdb'],
    hasGeneration: true,
    subresources: ['status'],
  }),
  define({ group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices', verbs: ['get', 'list', 'watch'] }),
  define({
    group: 'networking.istio.io',
    version: 'v1',
    kind: 'VirtualService',
    plural: 'virtualservices',
    shortNames: ['vs'],
    hasGeneration: true,
  }),
  define({
    group: 'autoscaling.k8s.io',
    version: 'v1',
    kind: 'VerticalPodAutoscaler',
    plural: 'verticalpodautoscalers',
    shortNames: ['vpa'],
    hasGeneration: true,
  }),
  define({ ...rbac, kind: 'ClusterRole', plural: 'clusterroles', isNamespaced: false }),
  define({ ...rbac, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', isNamespaced: false }),
  define({ ...rbac, kind: 'Role', plural: 'roles' }),
  define({ ...rbac, kind: 'RoleBinding', plural: 'rolebindings' }),
];

export const apiGroups: readonly string[] = [...new Set(resources.map((resource) => resource.group))];

export function resourceOfKind(kind: string): Resource {
  const resource = resources.find((candidate) => candidate.kind === kind);
  if (resource === undefined) throw new Error(`the sandbox has no kind ${kind}`);
  return resource;
}

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
