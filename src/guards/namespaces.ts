import type { Target } from '../value/target.ts';

/** The Kubernetes namespaces of the targets, each once. */
export function namespacesOf(targets: readonly Target[]): readonly string[] {
  const namespaces = new Set<string>();
  for (const target of targets) {
    if (target.technology === 'kubernetes' && target.namespace !== undefined) namespaces.add(target.namespace);
  }
  return [...namespaces];
}
