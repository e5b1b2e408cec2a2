import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import type { Target } from '../../value/target.ts';
import type { Permission, ReadContext, WriteContext } from '../action.ts';
import { ClusterName, ObjectName } from './names.ts';
import { traced, tracePermission } from './traced.ts';
import { requireSame } from './workload.ts';

export const NodeParams = z.strictObject({ cluster: ClusterName, node: ObjectName.describe('The node.') });

export interface NodePlace {
  readonly cluster: string;
  readonly node: string;
}

/** A node, and whether it is to take new pods. */
export type CordonIntent = {
  readonly place: { cluster: string; node: string };
  readonly uid: string;
  readonly from: boolean;
  readonly to: boolean;
};

export function nodeRef({ cluster, node }: NodePlace): ObjectRef {
  return { cluster, apiVersion: 'v1', kind: 'Node', name: node };
}

export function nodeTarget({ cluster, node }: NodePlace): Target {
  return { technology: 'kubernetes', cluster, kind: 'node', name: node };
}

/** Events about nodes are kept in the namespace `default`. */
export function cordonPermissions({ cluster, node }: NodePlace): readonly Permission[] {
  return [
    { cluster, apiGroup: '', resource: 'nodes', verbs: ['get', 'patch'], name: node },
    tracePermission({ cluster, namespace: 'default' }),
  ];
}

export function isCordoned(node: KubernetesObject): boolean {
  return (node['spec'] as { unschedulable?: boolean } | undefined)?.unschedulable === true;
}

export async function planCordon(
  { cluster, node }: NodePlace,
  to: boolean,
  { kubernetes, signal }: Pick<ReadContext, 'kubernetes' | 'signal'>,
) {
  const live = await kubernetes.get(nodeRef({ cluster, node }), signal);
  const from = isCordoned(live);
  const intent: CordonIntent = { place: { cluster, node }, uid: live.metadata.uid, from, to };
  const changes = from === to ? [] : [{ what: 'spec.unschedulable', from, to }];
  const inverse = { action: to ? 'kubernetes.uncordon' : 'kubernetes.cordon', with: { cluster, node } };
  return { intent, changes, ...(changes.length === 0 ? {} : { inverse }) };
}

/** The patch that kubectl sends (test/fixtures/kubernetes/transcripts/11), with the uid in it as a precondition (fact 15). */
export async function setCordon({ place, uid, to }: CordonIntent, context: WriteContext): Promise<void> {
  const { kubernetes, write, signal } = context;
  const ref = nodeRef(place);
  const live = await kubernetes.get(ref, signal);
  requireSame(live, uid, `node ${place.node}`);
  if (isCordoned(live) === to) return;
  const body = { metadata: { uid }, spec: { unschedulable: to } };
  const changed = { ref, uid, reason: to ? 'Cordoned' : 'Uncordoned', what: to ? 'takes no new pods' : 'takes new pods again' };
  const send = () => traced(changed, context, () => write.kubernetes.patch({ ref, type: 'strategic', body }, signal));
  try {
    await send();
  } catch (error) {
    if (!(error instanceof FixpointError) || error.code !== 'kubernetes.conflict') throw error;
    requireSame(await kubernetes.get(ref, signal), uid, `node ${place.node}`);
    throw error;
  }
}
