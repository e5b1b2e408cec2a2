import { withCronJobDefaults, withJobDefaults } from './job-defaults.ts';
import { withNodeDefaults } from './nodes.ts';
import type { KubernetesObject } from './object.ts';
import { compact, isPlainObject, listAt, objectAt, textAt, valueAt } from './plain.ts';
import type { PlainObject } from './plain.ts';

/** Fills in what the API server would, as the recorded answers to creations show it. */
export function withDefaults(object: KubernetesObject): KubernetesObject {
  switch (object.kind) {
    case 'Deployment':
      return { ...object, spec: deploymentSpec(objectAt(object, 'spec')) };
    case 'ReplicaSet':
      return { ...object, spec: replicaSetSpec(objectAt(object, 'spec')) };
    case 'StatefulSet':
      return { ...object, spec: statefulSetSpec(objectAt(object, 'spec')) };
    case 'DaemonSet':
      return daemonSet(object);
    case 'Pod':
      return { ...object, spec: podSpec(objectAt(object, 'spec')) };
    case 'Service':
      return { ...object, spec: serviceSpec(objectAt(object, 'spec')) };
    case 'Secret':
      return secret(object);
    case 'Event':
      return {
        source: {},
        firstTimestamp: null,
        lastTimestamp: null,
        eventTime: null,
        reportingComponent: '',
        reportingInstance: '',
        ...object,
      };
    case 'HorizontalPodAutoscaler':
      return { ...object, spec: { minReplicas: 1, ...objectAt(object, 'spec') } };
    case 'Node':
      return withNodeDefaults(object);
    case 'Job':
      return withJobDefaults(object, podTemplate);
    case 'CronJob':
      return withCronJobDefaults(object, podTemplate);
    default:
      return object;
  }
}

/** The status a new object starts with. */
export function initialStatus(object: KubernetesObject): PlainObject | undefined {
  switch (object.kind) {
    case 'Deployment':
    case 'Job':
    case 'CronJob':
    case 'ResourceQuota':
      return {};
    case 'PodDisruptionBudget':
      return { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
    case 'ReplicaSet':
      return { replicas: 0 };
    case 'StatefulSet':
      return { replicas: 0, availableReplicas: 0 };
    case 'DaemonSet':
      return { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
    case 'Pod':
      return { phase: 'Pending', qosClass: qosClass(object) };
    case 'Service':
      return { loadBalancer: {} };
    case 'Namespace':
      return { phase: 'Active' };
    case 'HorizontalPodAutoscaler':
      return { desiredReplicas: 0, currentMetrics: null };
    default:
      return undefined;
  }
}

function deploymentSpec(spec: PlainObject): PlainObject {
  const strategy = objectAt(spec, 'strategy');
  const type = strategy['type'] ?? 'RollingUpdate';
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...objectAt(strategy, 'rollingUpdate') };
  return omitZero({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
    template: podTemplate(objectAt(spec, 'template')),
    strategy: type === 'RollingUpdate' ? { type, rollingUpdate } : { ...strategy, type },
  });
}

function replicaSetSpec(spec: PlainObject): PlainObject {
  return omitZero({ replicas: 1, ...spec, template: podTemplate(objectAt(spec, 'template')) });
}

function statefulSetSpec(spec: PlainObject): PlainObject {
  const strategy = objectAt(spec, 'updateStrategy');
  const type = strategy['type'] ?? 'RollingUpdate';
  const rollingUpdate = { partition: 0, ...objectAt(strategy, 'rollingUpdate') };
  return omitZero({
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    serviceName: '',
    ...spec,
    template: podTemplate(objectAt(spec, 'template')),
    updateStrategy: type === 'RollingUpdate' ? { type, rollingUpdate } : { type },
  });
}

/** The annotation counts the templates, and so follows the generation. */
function daemonSet(object: KubernetesObject): KubernetesObject {
  const spec = objectAt(object, 'spec');
  const strategy = objectAt(spec, 'updateStrategy');
  const type = strategy['type'] ?? 'RollingUpdate';
  const rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...objectAt(strategy, 'rollingUpdate') };
  const annotations = {
    ...object.metadata.annotations,
    'deprecated.daemonset.template.generation': String(object.metadata.generation ?? 1),
  };
  const defaulted = omitZero({
    revisionHistoryLimit: 10,
    ...spec,
    template: podTemplate(objectAt(spec, 'template')),
    updateStrategy: type === 'RollingUpdate' ? { type, rollingUpdate } : { type },
  });
  return { ...object, metadata: { ...object.metadata, annotations }, spec: defaulted };
}

/** Fields that Go leaves out at their zero value. */
function omitZero(spec: PlainObject): PlainObject {
  const { paused, ...rest } = compact(spec, ['minReadySeconds']);
  return paused === true ? { ...rest, paused } : rest;
}

function podTemplate(template: PlainObject): PlainObject {
  return {
    ...template,
    metadata: { creationTimestamp: null, ...objectAt(template, 'metadata') },
    spec: templateSpec(objectAt(template, 'spec')),
  };
}

function templateSpec(spec: PlainObject): PlainObject {
  return compact({
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    ...serviceAccount(spec),
    containers: 'containers' in spec ? listAt(spec, 'containers').map(container) : undefined,
    initContainers: 'initContainers' in spec ? listAt(spec, 'initContainers').map(container) : undefined,
    volumes: 'volumes' in spec ? listAt(spec, 'volumes').map(volume) : undefined,
  });
}

function serviceAccount(spec: PlainObject): PlainObject {
  const name = spec['serviceAccountName'];
  return typeof name === 'string' && name !== '' ? { serviceAccount: name } : {};
}

function podSpec(spec: PlainObject): PlainObject {
  const toleration = (key: string): PlainObject => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  });
  return {
    serviceAccountName: 'default',
    serviceAccount: 'default',
    tolerations: [toleration('not-ready'), toleration('unreachable')],
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    ...templateSpec(spec),
  };
}

function container(given: PlainObject): PlainObject {
  return compact({
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: /:latest$|^[^:@]*$/.test(textAt(given, 'image').replace(/^[^/]*:[0-9]+\//, '')) ? 'Always' : 'IfNotPresent',
    ...given,
    ports: 'ports' in given ? listAt(given, 'ports').map((port) => ({ ...port, protocol: port['protocol'] ?? 'TCP' })) : undefined,
    env: 'env' in given ? listAt(given, 'env').map(environmentEntry) : undefined,
    ...Object.fromEntries(
      ['livenessProbe', 'readinessProbe', 'startupProbe']
        .filter((name) => isPlainObject(given[name]))
        .map((name) => [name, probe(objectAt(given, name))]),
    ),
    ...(isPlainObject(given['resources']) ? { resources: resources(given['resources']) } : {}),
  });
}

/** Requests default to the limits. */
function resources(given: PlainObject): PlainObject {
  const limits = objectAt(given, 'limits');
  return Object.keys(limits).length === 0 ? given : { ...given, requests: { ...limits, ...objectAt(given, 'requests') } };
}

function environmentEntry(entry: PlainObject): PlainObject {
  const field = valueAt(entry, 'valueFrom', 'fieldRef');
  if (!isPlainObject(field)) return entry;
  return { ...entry, valueFrom: { ...objectAt(entry, 'valueFrom'), fieldRef: { apiVersion: 'v1', ...field } } };
}

function probe(given: PlainObject): PlainObject {
  const http = objectAt(given, 'httpGet');
  const httpGet = 'httpGet' in given ? { httpGet: { scheme: 'HTTP', path: '/', ...http } } : {};
  return { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...given, ...httpGet };
}

function volume(given: PlainObject): PlainObject {
  const result: Record<string, unknown> = { ...given };
  for (const source of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    if (isPlainObject(given[source])) result[source] = { defaultMode: 420, ...given[source] };
  }
  return result;
}

function serviceSpec(spec: PlainObject): PlainObject {
  const ports = listAt(spec, 'ports').map((port) => ({ protocol: 'TCP', targetPort: port['port'], ...port }));
  const isExternal = spec['type'] === 'ExternalName';
  const address = isExternal ? {} : { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', internalTrafficPolicy: 'Cluster' };
  return compact({ type: 'ClusterIP', sessionAffinity: 'None', ...address, ...spec, ports: ports.length === 0 ? undefined : ports });
}

function secret(object: KubernetesObject): KubernetesObject {
  const { stringData, ...rest } = object;
  const written = Object.entries(objectAt({ stringData }, 'stringData')).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const data = { ...objectAt(rest, 'data'), ...Object.fromEntries(written) };
  return {
    ...rest,
    metadata: object.metadata,
    type: object['type'] ?? 'Opaque',
    ...(Object.keys(data).length === 0 ? {} : { data }),
  };
}

function qosClass(pod: KubernetesObject): string {
  const containers = listAt(pod, 'spec', 'containers');
  const named = containers.flatMap((each) => [
    ...Object.keys(objectAt(each, 'resources', 'limits')),
    ...Object.keys(objectAt(each, 'resources', 'requests')),
  ]);
  if (named.length === 0) return 'BestEffort';
  const isGuaranteed = containers.every((each) =>
    ['cpu', 'memory'].every((name) => {
      const limit = valueAt(each, 'resources', 'limits', name);
      return limit !== undefined && limit === (valueAt(each, 'resources', 'requests', name) ?? limit);
    }),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
