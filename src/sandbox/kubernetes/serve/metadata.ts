import type { KubernetesObject } from '../object.ts';

/** The metadata-only form of an object. */
export function metadataOf(object: KubernetesObject): KubernetesObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
