import { formatTarget, type Target } from '../value/target.ts';
import type { Protection } from './guard.ts';
import { matchesPattern } from './target-pattern.ts';

/** Why the configuration lets nobody touch the target, as a sentence; undefined where it does not keep anybody from it. */
export function protectedBy(target: Target, { own = [], targets, namespaces }: Protection): string | undefined {
  const text = formatTarget(target);
  if (own.some((pattern) => matchesPattern(pattern, text))) return `${text} is Fixpoint's own`;
  const pattern = targets.find((candidate) => matchesPattern(candidate, text));
  if (pattern !== undefined) return `${text} is protected by \`protected: ${pattern}\``;
  if (target.technology !== 'kubernetes' || target.namespace === undefined || !namespaces.includes(target.namespace)) return undefined;
  return `namespace ${target.namespace} is protected`;
}
