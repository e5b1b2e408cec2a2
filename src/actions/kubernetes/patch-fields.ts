import type { Path } from './field/path.ts';

/** A kind that `kubernetes.patch` may change, and which of its fields. */
export interface Patchable {
  readonly apiVersion: string;
  readonly plural: string;
  /** `*` is any one key or element; a field below a named one is named with it. */
  readonly fields: readonly string[];
  /** Lists whose elements a strategic merge finds by a key. */
  readonly mergeKeys?: Readonly<Record<string, string>>;
  /** A change of the pod template is rolled out. */
  readonly rollsOut?: true;
}

const template = 'spec.template.spec';
const container = `${template}.containers.*`;

const workload: Patchable = {
  apiVersion: 'apps/v1',
  plural: '',
  fields: [
    'spec.minReadySeconds',
    'spec.revisionHistoryLimit',
    `${container}.image`,
    `${container}.env.*`,
    `${container}.resources`,
    `${container}.args`,
    `${container}.livenessProbe`,
    `${container}.readinessProbe`,
    `${container}.startupProbe`,
    `${template}.terminationGracePeriodSeconds`,
    `${template}.nodeSelector`,
    'spec.template.metadata.annotations.*',
  ],
  mergeKeys: { [`${template}.containers`]: 'name', [`${container}.env`]: 'name' },
  rollsOut: true,
};

/** What may be patched. What is not named here (selectors of workloads, owners, finalizers, volumes, accounts, rights) is refused. */
export const patchable = {
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', fields: ['data.*'] },
  Service: { apiVersion: 'v1', plural: 'services', fields: ['spec.selector.*'] },
  HorizontalPodAutoscaler: {
    apiVersion: 'autoscaling/v2',
    plural: 'horizontalpodautoscalers',
    fields: ['spec.minReplicas', 'spec.maxReplicas', 'spec.behavior'],
  },
  VirtualService: {
    apiVersion: 'networking.istio.io/v1',
    plural: 'virtualservices',
    fields: ['spec.http.*.route.*.weight', 'spec.http.*.timeout', 'spec.http.*.retries'],
  },
  CronJob: { apiVersion: 'batch/v1', plural: 'cronjobs', fields: ['spec.suspend', 'spec.schedule'] },
  PodDisruptionBudget: { apiVersion: 'policy/v1', plural: 'poddisruptionbudgets', fields: ['spec.minAvailable', 'spec.maxUnavailable'] },
  Deployment: {
    ...workload,
    plural: 'deployments',
    fields: [...workload.fields, 'spec.paused', 'spec.progressDeadlineSeconds', 'spec.strategy.rollingUpdate'],
  },
  StatefulSet: { ...workload, plural: 'statefulsets', fields: [...workload.fields, 'spec.updateStrategy.rollingUpdate'] },
  DaemonSet: { ...workload, plural: 'daemonsets', fields: [...workload.fields, 'spec.updateStrategy.rollingUpdate'] },
} as const satisfies Readonly<Record<string, Patchable>>;

export type PatchableKind = keyof typeof patchable;

/** Whether a path is a field of the list, or below one. */
export function isDeclared(path: Path, fields: readonly string[]): boolean {
  return fields.some((field) => {
    const parts = field.split('.');
    return parts.length <= path.length && parts.every((part, index) => part === '*' || part === path[index]);
  });
}
