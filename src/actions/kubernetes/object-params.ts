import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { ObjectRef } from '../../ports/kubernetes.ts';
import { kubernetesKind, versionOfKind } from '../../value/kubernetes-kind.ts';
import { isDnsLabel } from '../../value/name.ts';
import type { Permission } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';

/** The members of a schema that name one object of any kind; the schema as a whole needs `isKnownKind`. */
export const objectShape = {
  cluster: ClusterName,
  kind: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'must be a kind, such as Deployment')
    .refine((kind) => kind !== 'Secret', 'must not be Secret: nothing here reads Secrets')
    .describe('The kind of the object; Secrets are refused.'),
  apiVersion: z
    .string()
    .regex(/^([a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?\/)?v[0-9][a-z0-9]{0,20}$/, 'must be an API version, such as apps/v1')
    .optional()
    .describe('Its API version; may be left out for kinds of Kubernetes itself.'),
  plural: z
    .string()
    .refine(isDnsLabel, 'must be the name of a resource, such as certificates')
    .refine((plural) => plural !== 'secrets', 'must not be secrets')
    .optional()
    .describe('Only for custom resources: how its API names the collection.'),
  namespace: Namespace.optional().describe('Its namespace; left out for kinds without.'),
  name: ObjectName,
} as const;

export interface ObjectParams {
  readonly cluster: string;
  readonly kind: string;
  readonly apiVersion?: string | undefined;
  readonly plural?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export const isKnownKind = [
  ({ kind, apiVersion, plural }: { kind: string; apiVersion?: string | undefined; plural?: string | undefined }) =>
    plural !== undefined ? apiVersion !== undefined : placeOf(kind, apiVersion) !== undefined,
  'must be a kind of Kubernetes itself, or have both apiVersion and plural',
] as const;

function placeOf(kind: string, apiVersion: string | undefined) {
  const version = apiVersion ?? versionOfKind(kind);
  const known = version === undefined ? undefined : kubernetesKind(version, kind);
  return version === undefined || known === undefined ? undefined : { version, ...known };
}

export function objectRef({ cluster, kind, apiVersion, plural, namespace, name }: ObjectParams): ObjectRef {
  const version = apiVersion ?? versionOfKind(kind);
  if (version === undefined) throw new FixpointError('params.invalid', `the API version of ${kind} is not known`);
  const place = { cluster, apiVersion: version, kind, name };
  return { ...place, ...(namespace === undefined ? {} : { namespace }), ...(plural === undefined ? {} : { plural }) };
}

export function objectPermission({ cluster, kind, apiVersion, plural, namespace, name }: ObjectParams): Permission {
  const known = placeOf(kind, apiVersion);
  const version = apiVersion ?? known?.version ?? '';
  const apiGroup = version.includes('/') ? (version.split('/')[0] ?? '') : '';
  const resource = plural ?? known?.plural ?? '';
  return { cluster, ...(namespace === undefined ? {} : { namespace }), apiGroup, resource, verbs: ['get'], name };
}
