import type { Cluster } from '../../kubernetes/cluster.ts';
import { listAt, objectAt } from '../../kubernetes/plain.ts';
import type { Fault } from '../fault.ts';
import type { FaultKind } from '../fault-book.ts';
import { areAllNewer, type ReadyPod } from '../ready-pods.ts';
import { cpuLimitOf, fullAbove, memoryIn, neededCpu, surgeRate, utilisation } from './ml-capacity.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { NodeFailure } from './node-failure.ts';
import { firstLimits, mlNamespaces, mlServices, modelServingReplicas, type MlNamespace, type MlService } from './platform.ts';
import { isRestoredSince } from './restored-since.ts';

type Labels = Readonly<Record<string, string>>;

/** What faults come over, and are cured by. */
interface Ward {
  readonly cluster: Cluster;
  readonly models: ModelRegistry;
  readonly nodes: NodeFailure;
  podsOf(namespace: MlNamespace, service: MlService): readonly ReadyPod[];
}

export function mlFaults({ cluster, models, nodes, podsOf }: Ward): Readonly<Record<string, FaultKind>> {
  const place = (given: Labels): Labels | undefined => {
    const namespace = namespaceIn(given);
    return namespace === undefined ? undefined : { namespace };
  };
  const withService =
    (usual: MlService) =>
    (given: Labels): Labels | undefined => {
      const service = mlServices.find((name) => name === (given['service'] ?? usual));
      const placed = place(given);
      return placed === undefined || service === undefined ? undefined : { ...placed, service };
    };
  const placeOf = ({ labels }: Fault): MlNamespace => namespaceIn(labels) ?? mlNamespaces[0];
  return {
    'high-latency': {
      labels: place,
      isLasting: true,
      onset: (fault) => scaleIn(cluster, placeOf(fault)),
      isCured: (fault) => utilisation(surgeRate, podsOf(placeOf(fault), 'model-serving').length) <= 1,
    },
    'embedding-latency': {
      labels: place,
      isLasting: true,
      onset: (fault) => resetLimits(cluster, placeOf(fault), 'embedding-service'),
      isCured: (fault) => {
        const pods = podsOf(placeOf(fault), 'embedding-service');
        return pods.length > 0 && pods.every((pod) => cpuLimitOf(pod) >= neededCpu);
      },
    },
    'high-memory': {
      labels: withService('embedding-service'),
      isLasting: true,
      onset: (fault) => resetLimits(cluster, placeOf(fault), serviceIn(fault)),
      isCured: (fault) => {
        const pods = podsOf(placeOf(fault), serviceIn(fault)).map((pod) => memoryIn(serviceIn(fault), pod, fault));
        return pods.length > 0 && pods.every(({ used, limit }) => used <= fullAbove * limit);
      },
    },
    'bad-model': {
      // The version is part of what it is: each release is one that was not there before.
      labels: (given) => {
        const placed = place(given);
        return placed === undefined ? undefined : { ...placed, version: models.next };
      },
      isLasting: false,
      onset: (fault) => models.release(placeOf(fault)),
      isCured: (fault) => models.in(placeOf(fault)).version !== fault.labels['version'],
    },
    'service-down': {
      labels: withService('model-serving'),
      isLasting: false,
      isCured: (fault) => areAllNewer(podsOf(placeOf(fault), serviceIn(fault)), fault.since),
    },
    // Only a restore that has ended well brings the database back.
    'database-down': { labels: place, isLasting: false, isCured: (fault) => isRestoredSince(cluster, placeOf(fault), fault.since) },
    'node-down': {
      labels: (given) => {
        const node = nodes.named(given['node']);
        return node === undefined ? undefined : { node };
      },
      isLasting: false,
      onset: (fault) => nodes.begin(fault.labels['node'] ?? ''),
      isCured: (fault) => nodes.isOver(fault),
    },
  };
}

/** Staging where nothing is said; undefined for what is none of the platform's. */
export function namespaceIn(labels: Labels): MlNamespace | undefined {
  return mlNamespaces.find((namespace) => namespace === (labels['namespace'] ?? 'ml-platform-staging'));
}

function serviceIn({ labels }: Fault): MlService {
  return mlServices.find((name) => name === labels['service']) ?? 'model-serving';
}

function scaleIn(cluster: Cluster, namespace: MlNamespace): void {
  update(cluster, ['HorizontalPodAutoscaler', namespace, 'model-serving-hpa'], { minReplicas: modelServingReplicas });
  update(cluster, ['Deployment', namespace, 'model-serving'], { replicas: modelServingReplicas });
}

function resetLimits(cluster: Cluster, namespace: MlNamespace, service: MlService): void {
  const template = objectAt(cluster.get('Deployment', namespace, service), 'spec', 'template');
  const resources = { limits: firstLimits(service), requests: firstLimits(service) };
  const containers = listAt(template, 'spec', 'containers').map((container) => ({ ...container, resources }));
  update(cluster, ['Deployment', namespace, service], { template: { ...template, spec: { ...objectAt(template, 'spec'), containers } } });
}

function update(
  cluster: Cluster,
  [kind, namespace, name]: readonly [string, string, string],
  change: Readonly<Record<string, unknown>>,
): void {
  const found = cluster.get(kind, namespace, name);
  if (found !== undefined) cluster.update(found, (live) => ({ ...live, spec: { ...objectAt(live, 'spec'), ...change } }));
}
