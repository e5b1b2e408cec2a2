import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import type { PracticeCluster } from './practice-cluster.ts';
import { jobTemplate } from './practice-objects.ts';

export const podOwners = ['Deployment', 'ReplicaSet', 'Job'] as const;
export type PodOwner = (typeof podOwners)[number];

/** A pod of this very name, and what owns it. */
export function addPod(
  practice: PracticeCluster,
  { namespace, name, kind }: { readonly namespace: string; readonly name: string; readonly kind: PodOwner },
): void {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name, image: name }] } };
  const make = (made: PodOwner, owner?: KubernetesObject): KubernetesObject =>
    practice.cluster.create({
      apiVersion: made === 'Job' ? 'batch/v1' : 'apps/v1',
      kind: made,
      metadata: { namespace, name: `${made.toLowerCase()}-${name}`, ...ownedBy(owner) },
      spec: made === 'Job' ? jobTemplate : { replicas: 1, selector: { matchLabels: labels }, template },
    });
  const owner = make(kind);
  const controller = kind === 'Deployment' ? make('ReplicaSet', owner) : owner;
  practice.cluster.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels, ...ownedBy(controller) },
    spec: template.spec,
  });
}

function ownedBy(owner: KubernetesObject | undefined): Pick<KubernetesObject['metadata'], 'ownerReferences'> {
  if (owner === undefined) return {};
  const { apiVersion, kind, metadata } = owner;
  return {
    ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
  };
}
