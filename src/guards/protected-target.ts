import { codeOf } from '../errors.ts';
import type { KubernetesReader, ObjectRef } from '../ports/kubernetes.ts';
import type { Decision } from '../run/run.ts';
import { kindOfTarget } from '../value/kubernetes-name.ts';
import { protectedAnnotation } from '../value/protected-annotation.ts';
import { formatTarget } from '../value/target.ts';
import { allow, deny } from './decide.ts';
import type { DescribedGuard, GuardContext } from './guard.ts';
import { namespacesOf } from './namespaces.ts';
import { protectedBy } from './protected-by.ts';

/** Stands for what is in no namespace, as nodes are, among those that a source may touch. */
const noNamespace = '-';

/** Denies what the configuration or its owner protects, what is Fixpoint's own, and namespaces the source may not touch. */
export const protectedTarget: DescribedGuard = {
  name: 'protectedTarget',
  summary:
    'No target is protected, nor what would be touched with it (the pods that a drain evicts, and their owners), and the source may touch their namespaces.',
  tier: 'mandatory',
  asks: 'outside',
  undo: true,
  fallback: 'Fixpoint itself, its own Redis, and what is annotated `fixpoint.dev/protected: "true"`',
  limit: '`protected`, and `namespaces` of a source',
  outcomes: {
    deny: 'a target is protected by name or namespace, is Fixpoint’s own, is annotated so (or its namespace is), is in a namespace that the source may not touch, or in none, as nodes are, where its namespaces are limited and `-` is not among them; its annotations cannot be read',
  },
  inputs: ({ targets, affected, protection }) => ({
    targets: targets.map(formatTarget),
    affected: affected.map(formatTarget),
    protection: { ...protection },
  }),
  async evaluate(context) {
    return byName(context) ?? (await byAnnotation(context)) ?? allow('no target is protected');
  },
};

/** By the configuration alone. */
function byName({ targets, affected, protection, run }: GuardContext): Decision | undefined {
  const touched = [...targets, ...affected];
  for (const target of touched) {
    const why = protectedBy(target, protection);
    if (why !== undefined) return deny(why);
  }
  for (const namespace of namespacesOf(touched)) {
    if (protection.sourceNamespaces !== undefined && !protection.sourceNamespaces.includes(namespace)) {
      return deny(`source ${run.source} may not touch namespace ${namespace}, only ${protection.sourceNamespaces.join(', ') || 'none'}`);
    }
  }
  const outside = touched.find((target) => target.technology === 'kubernetes' && target.namespace === undefined);
  if (outside !== undefined && protection.sourceNamespaces?.includes(noNamespace) === false) {
    return deny(
      `source ${run.source} may touch namespaces only, and ${formatTarget(outside)} is in none; \`-\` among its namespaces would let it`,
    );
  }
  return undefined;
}

/** By what the targets and their namespaces say themselves. Rejects where they cannot be asked; what does not exist says nothing. */
async function byAnnotation({ targets, affected, kubernetes, signal }: GuardContext): Promise<Decision | undefined> {
  const refs = new Map<string, ObjectRef>();
  // What pods among the affected say has been read with the plan; there may be hundreds.
  const asking = affected.filter((target) => target.technology !== 'kubernetes' || target.kind !== 'pod');
  for (const target of [...targets, ...asking]) {
    if (target.technology !== 'kubernetes') continue;
    const { cluster, namespace, kind, name } = target;
    const known = kindOfTarget(kind);
    if (known === undefined) return deny(`${formatTarget(target)}: objects of this kind cannot be asked whether they are protected`);
    refs.set(formatTarget(target), { cluster, ...known, ...(namespace === undefined ? {} : { namespace }), name });
    if (namespace !== undefined)
      refs.set(`namespace ${namespace} of cluster ${cluster}`, { cluster, apiVersion: 'v1', kind: 'Namespace', name: namespace });
  }
  const asked = await Promise.all([...refs].map(async ([what, ref]) => ((await isOptedOut(kubernetes, ref, signal)) ? what : undefined)));
  const what = asked.find((one) => one !== undefined);
  return what === undefined ? undefined : deny(`${what} is annotated ${protectedAnnotation}: "true"`);
}

async function isOptedOut(kubernetes: KubernetesReader, ref: ObjectRef, signal: AbortSignal): Promise<boolean> {
  try {
    const { metadata } = await kubernetes.get(ref, signal);
    return metadata.annotations?.[protectedAnnotation] === 'true';
  } catch (error) {
    if (codeOf(error) === 'kubernetes.not-found') return false;
    throw error;
  }
}
