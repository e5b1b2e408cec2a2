import type { KubernetesObject } from '../kubernetes/object.ts';

/** One workload of a platform; its pods carry the label `app` with its name unless `labels` say otherwise, and `labels`. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly image: string;
  readonly port?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Which pods are its own, and its Service's; by default those with its name as `app`. */
  readonly selector?: Readonly<Record<string, string>>;
  /** A ConfigMap whose keys become environment variables when a pod starts. */
  readonly configMap?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly resources?: { readonly cpu: string; readonly memory: string };
}

export function deployment(workload: Workload): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(workload),
    spec: {
      ...specOf(workload),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    },
  };
}

export function statefulSet(workload: Workload): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadataOf(workload),
    spec: { ...specOf(workload), serviceName: workload.name },
  };
}

/** A Service of the same name that selects the workload's pods. */
export function service(workload: Workload & { readonly port: number }): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(workload),
    spec: { selector: selectorOf(workload), ports: [{ name: 'http', port: workload.port, targetPort: workload.port, protocol: 'TCP' }] },
  };
}

/** An autoscaler called `<workload>-hpa` that keeps the workload's count within bounds. */
export function autoscaler({ namespace, name }: Workload, bounds: { readonly min: number; readonly max: number }): KubernetesObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { namespace, name: `${name}-hpa` },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: bounds.min,
      maxReplicas: bounds.max,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
    },
  };
}

export function configMap(
  place: { readonly namespace: string; readonly name: string },
  data: Readonly<Record<string, string>>,
): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: place.namespace, name: place.name }, data };
}

function metadataOf({ namespace, name, labels }: Workload): KubernetesObject['metadata'] {
  return { namespace, name, labels: { app: name, ...labels } };
}

function selectorOf({ name, selector }: Workload): Readonly<Record<string, string>> {
  return selector ?? { app: name };
}

function specOf(workload: Workload): Record<string, unknown> {
  const { name, replicas, image, port, labels, configMap: source, resources, env } = workload;
  const container = {
    name,
    image,
    ...(port === undefined ? {} : { ports: [{ containerPort: port, protocol: 'TCP' }] }),
    ...(source === undefined ? {} : { envFrom: [{ configMapRef: { name: source } }] }),
    ...(env === undefined ? {} : { env: Object.entries(env).map(([key, value]) => ({ name: key, value })) }),
    ...(resources === undefined ? {} : { resources: { requests: resources, limits: resources } }),
  };
  return {
    replicas,
    selector: { matchLabels: selectorOf(workload) },
    template: { metadata: { labels: { app: name, ...labels } }, spec: { containers: [container] } },
  };
}
