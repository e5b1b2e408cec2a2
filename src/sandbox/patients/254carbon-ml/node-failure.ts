import type { Cluster } from '../../kubernetes/cluster.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { isSchedulable } from '../../kubernetes/nodes.ts';
import { listAt, objectAt, textAt } from '../../kubernetes/plain.ts';
import type { Fault } from '../fault.ts';
import { gauge, type Metric, type Series } from '../series.ts';

/** How long a pod on a node that does not report is left there. */
const evictedAfterMs = 40_000;

/**
 * A node whose kubelet is gone while the control plane does not keep pods off it, as when many nodes seem to be gone at once: its pods are
 * replaced, and the scheduler, which sees an empty node, brings them back. Only keeping pods off it ends that.
 */
export class NodeFailure {
  readonly #cluster: Cluster;
  readonly #namespaces: readonly string[];

  constructor(cluster: Cluster, namespaces: readonly string[]) {
    this.#cluster = cluster;
    this.#namespaces = namespaces;
  }

  nodes(): readonly string[] {
    return this.#cluster.list('Node').map(({ metadata }) => metadata.name);
  }

  /** The second one where none is named; undefined for one that is not there. */
  named(name: string | undefined): string | undefined {
    const nodes = this.nodes();
    return nodes.find((node) => node === (name ?? nodes[1]));
  }

  metrics(): readonly Metric[] {
    const nodes = this.nodes();
    const ready = nodes.map((node) => [{ node, condition: 'Ready', status: 'true' }, this.isReady(node) ? 1 : 0] as const);
    const cordoned = nodes.map((node) => [{ node }, this.isCordoned(node) ? 1 : 0] as const);
    return [
      gauge('kube_node_status_condition', 'As kube-state-metrics tells it.', ready),
      gauge('kube_node_spec_unschedulable', 'As kube-state-metrics tells it.', cordoned),
    ];
  }

  /** As deploy/prometheus/254carbon-ml.yaml records them. */
  recorded(): readonly Series[] {
    return this.nodes().map((node) => {
      const isFenced = this.isReady(node) || this.isCordoned(node);
      return { name: 'ml:node_not_fenced:count', labels: { node }, value: isFenced ? 0 : 1 };
    });
  }

  begin(node: string): void {
    this.#setCordon(node, false);
    this.#cluster.setNodeReady(node, false);
  }

  /** All nodes are well and take pods. */
  end(): void {
    for (const node of this.nodes()) {
      if (this.isReady(node)) continue;
      this.#cluster.setNodeReady(node, true);
      this.#setCordon(node, false);
    }
    for (const pod of this.#pods()) if (isRunning(pod)) this.#cluster.setPodReady(pod.metadata.namespace ?? '', pod.metadata.name, true);
  }

  step({ labels, since, isStubborn }: Fault, now: number): void {
    for (const pod of this.#pods()) {
      const age = now - (this.#cluster.createdAtMs(pod) ?? now);
      const isOnIt = textAt(pod, 'spec', 'nodeName') === labels['node'];
      if (!isOnIt && !(isStubborn && now - age > since)) continue;
      const { namespace = '', name } = pod.metadata;
      if (isRunning(pod)) this.#cluster.setPodReady(namespace, name, false);
      if (isOnIt && Math.min(age, now - since) >= evictedAfterMs) this.#cluster.delete(pod);
    }
  }

  isOver({ labels }: Fault): boolean {
    const node = labels['node'] ?? '';
    return this.isCordoned(node) && !this.#pods().some((pod) => textAt(pod, 'spec', 'nodeName') === node);
  }

  isReady(node: string): boolean {
    const conditions = listAt(this.#node(node), 'status', 'conditions');
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  }

  isCordoned(node: string): boolean {
    const found = this.#node(node);
    return found !== undefined && !isSchedulable(found);
  }

  #node(name: string): KubernetesObject | undefined {
    return this.#cluster.get('Node', '', name);
  }

  /** Those of the platform that are not on their way out. */
  #pods(): readonly KubernetesObject[] {
    return this.#namespaces
      .flatMap((namespace) => this.#cluster.list('Pod', namespace))
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  #setCordon(name: string, unschedulable: boolean): void {
    const found = this.#node(name);
    if (found !== undefined) this.#cluster.update(found, (live) => ({ ...live, spec: { ...objectAt(live, 'spec'), unschedulable } }));
  }
}

function isRunning(pod: KubernetesObject): boolean {
  return textAt(pod, 'status', 'phase') === 'Running';
}
