import type { SandboxRequest, SandboxResponse } from '../../listen.ts';
import type { ServedCluster } from '../cluster.ts';
import type { KubernetesObject } from '../object.ts';
import { listAt, textAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { meets, parseLabelSelector } from '../selector.ts';
import { methodNotAllowed, notFound } from '../status-error.ts';
import { timestamp } from '../timestamp.ts';
import { jsonAnswer } from './answer.ts';

const version = 'metrics.k8s.io/v1beta1';
const pods = { group: 'metrics.k8s.io', plural: 'pods', kind: 'PodMetrics' };
const nodes = { group: 'metrics.k8s.io', plural: 'nodes', kind: 'NodeMetrics' };

/**
 * What pods and nodes use, as metrics-server tells it; undefined for other paths, and where the cluster has no metrics
 * (test/fixtures/kubernetes/transcripts/14 shows only that). No recording backs the answers.
 */
export function serveMetrics(request: SandboxRequest, cluster: ServedCluster): SandboxResponse | undefined {
  const match =
    /^\/apis\/metrics\.k8s\.io\/v1beta1\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<plural>pods|nodes)(?:\/(?<name>[^/]+))?$/.exec(
      request.path,
    );
  if (match?.groups === undefined || cluster.options.podUsage === undefined) return undefined;
  if (request.method !== 'GET') throw methodNotAllowed();
  const { namespace, plural, name } = match.groups;
  const kind = plural === 'nodes' ? nodes : pods;
  const labels = parseLabelSelector(request.query.get('labelSelector') ?? '');
  const running = cluster.list('Pod', namespace).filter((pod) => textAt(pod, 'status', 'phase') === 'Running');
  const found = (plural === 'nodes' ? cluster.list('Node') : running).filter((object) => meets(labels, object.metadata.labels ?? {}));
  const metrics = found.map((object) => (plural === 'nodes' ? nodeMetrics(object, { cluster, running }) : podMetrics(object, cluster)));
  if (name === undefined) return jsonAnswer(200, { kind: `${kind.kind}List`, apiVersion: version, metadata: {}, items: metrics });
  const one = metrics[found.findIndex(({ metadata }) => metadata.name === name)];
  if (one === undefined) throw notFound(kind, name);
  return jsonAnswer(200, { kind: kind.kind, apiVersion: version, ...one });
}

function podMetrics(pod: KubernetesObject, cluster: ServedCluster): PlainObject {
  const usage = cluster.options.podUsage?.(pod) ?? { cpu: 0, memory: 0 };
  const containers = listAt(pod, 'spec', 'containers');
  const share = { cpu: usage.cpu / containers.length, memory: usage.memory / containers.length };
  return {
    ...measured(pod, cluster),
    containers: containers.map((container) => ({ name: textAt(container, 'name'), usage: amounts(share) })),
  };
}

function nodeMetrics(
  node: KubernetesObject,
  { cluster, running }: { readonly cluster: ServedCluster; readonly running: readonly KubernetesObject[] },
): PlainObject {
  const used = running
    .filter((pod) => textAt(pod, 'spec', 'nodeName') === node.metadata.name)
    .map((pod) => cluster.options.podUsage?.(pod) ?? { cpu: 0, memory: 0 });
  const sum = (of: 'cpu' | 'memory') => used.reduce((total, usage) => total + usage[of], 0);
  return { ...measured(node, cluster), usage: amounts({ cpu: sum('cpu'), memory: sum('memory') }) };
}

function measured({ metadata: { name, namespace, labels } }: KubernetesObject, { clock }: ServedCluster): PlainObject {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) };
  return { metadata: { ...metadata, creationTimestamp: timestamp(clock.now()) }, timestamp: timestamp(clock.now()), window: '15s' };
}

/** In the units that metrics-server uses. */
function amounts({ cpu, memory }: { readonly cpu: number; readonly memory: number }): PlainObject {
  return { cpu: `${Math.round(cpu * 1e9)}n`, memory: `${Math.round(memory / 1024)}Ki` };
}
