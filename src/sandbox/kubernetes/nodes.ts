import type { KubernetesObject } from './object.ts';
import { listAt, objectAt } from './plain.ts';
import { timestamp } from './timestamp.ts';

/** The nodes of a cluster whose maker names none. */
export const defaultNodes = ['sandbox-node-1', 'sandbox-node-2', 'sandbox-node-3'] as const;

const unschedulable = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** A node as test/fixtures/kubernetes/transcripts/11 shows one. */
export function nodeNamed(name: string, index: number, now: number): KubernetesObject {
  const room = { 'cpu': '32', 'ephemeral-storage': '1000Gi', 'memory': '256Gi', 'pods': '1k' };
  const condition = (type: string, reason: string, isTrue = false) => ({
    type,
    status: isTrue ? 'True' : 'False',
    lastHeartbeatTime: timestamp(now),
    lastTransitionTime: timestamp(now),
    reason,
    message: isTrue ? 'kubelet is posting ready status' : 'ok',
  });
  const podCIDR = `10.244.${index}.0/24`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: {
      capacity: room,
      allocatable: room,
      conditions: [
        condition('MemoryPressure', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'KubeletHasSufficientPID'),
        condition('Ready', 'KubeletReady', true),
      ],
      addresses: [{ type: 'Hostname', address: name }],
    },
  };
}

export function isSchedulable(node: KubernetesObject): boolean {
  return objectAt(node, 'spec')['unschedulable'] !== true;
}

/** The node as the node controller wants it: with a taint exactly while it is cordoned. */
export function tainted(node: KubernetesObject, now: number): KubernetesObject {
  const spec = objectAt(node, 'spec');
  const others = listAt(spec, 'taints').filter(({ key }) => key !== unschedulable.key);
  const own = listAt(spec, 'taints').filter(({ key }) => key === unschedulable.key);
  const { taints: _, ...rest } = spec;
  if (isSchedulable(node))
    return own.length === 0 ? node : { ...node, spec: { ...rest, ...(others.length === 0 ? {} : { taints: others }) } };
  return own.length > 0 ? node : { ...node, spec: { ...rest, taints: [...others, { ...unschedulable, timeAdded: timestamp(now) }] } };
}

/** The node with its condition Ready so; one whose kubelet does not report is `Unknown`. */
export function readiness(node: KubernetesObject, isReady: boolean, now: number): KubernetesObject {
  const status = isReady ? 'True' : 'Unknown';
  const [reason, message] = isReady
    ? ['KubeletReady', 'kubelet is posting ready status']
    : ['NodeStatusUnknown', 'Kubelet stopped posting node status.'];
  const conditions = listAt(node, 'status', 'conditions').map((condition) =>
    condition['type'] === 'Ready' && condition['status'] !== status
      ? { ...condition, status, reason, message, lastTransitionTime: timestamp(now) }
      : condition,
  );
  return { ...node, status: { ...objectAt(node, 'status'), conditions } };
}

/** `unschedulable: false` is not kept. */
export function withNodeDefaults(node: KubernetesObject): KubernetesObject {
  const { unschedulable: isCordoned, ...spec } = objectAt(node, 'spec');
  return { ...node, spec: isCordoned === true ? { ...spec, unschedulable: true } : spec };
}
