import { z } from 'zod';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { Permission, ReadContext } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { selectorOf } from './selector-of.ts';
import { workloadKinds } from './workload.ts';

/** The members of a schema that select pods; the schema as a whole needs `selectsOnce`. */
export const selectionShape = {
  cluster: ClusterName,
  namespace: Namespace,
  selector: z
    .string()
    .max(1000)
    .regex(/^[^\p{Cc}]*[A-Za-z0-9][^\p{Cc}]*$/u, 'must be a label selector that names a label: an empty one is every pod of the namespace')
    .optional()
    .describe('A label selector as kubectl takes it; this or `owner`.'),
  owner: z
    .strictObject({ kind: z.enum(workloadKinds).default('Deployment'), name: ObjectName })
    .optional()
    .describe('The workload whose own selector is used; this or `selector`.'),
} as const;

export const selectsOnce = [
  ({ selector, owner }: { selector?: string | undefined; owner?: object | undefined }) =>
    (selector === undefined) !== (owner === undefined),
  'must have exactly one of selector and owner',
] as const;

export interface PodSelection {
  readonly cluster: string;
  readonly namespace: string;
  readonly selector?: string | undefined;
  readonly owner?: { readonly kind: (typeof workloadKinds)[number]; readonly name: string } | undefined;
}

/** The selector as text, that of the owner where one is named. */
export async function selectionText(
  selection: PodSelection,
  { kubernetes, signal }: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<string> {
  return selection.selector ?? (await selectorOf(kubernetes, selection, signal));
}

export async function selectedPods(
  selection: PodSelection,
  context: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<readonly KubernetesObject[]> {
  const { cluster, namespace } = selection;
  const labelSelector = await selectionText(selection, context);
  return await context.kubernetes.list({ cluster, apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, context.signal);
}

/** Rights that finding the owner's selector needs. */
export function selectionPermissions({ cluster, namespace, owner }: PodSelection): readonly Permission[] {
  if (owner === undefined) return [];
  return [{ cluster, namespace, apiGroup: 'apps', resource: `${owner.kind.toLowerCase()}s`, verbs: ['get'], name: owner.name }];
}
