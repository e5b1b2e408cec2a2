import type { ObjectRef } from '../../ports/kubernetes.ts';
import { kindOfTarget } from '../../value/kubernetes-kind.ts';
import { parseTarget } from '../../value/target.ts';

/** The object that a canonical target names; undefined where it is none of Kubernetes, or of a kind that we do not know. */
export function refOf(text: string): ObjectRef | undefined {
  const target = parseTarget(text);
  if (target?.technology !== 'kubernetes') return undefined;
  const kind = kindOfTarget(target.kind);
  if (kind === undefined) return undefined;
  const { cluster, namespace, name } = target;
  return { cluster, ...kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
