import type { KubernetesObject } from './kubernetes/object.ts';
import { listAt, valueAt } from './kubernetes/plain.ts';
import { parseQuantity } from '../value/quantity.ts';

/** What a pod uses while nothing ails it: part of what it asks for, or little where it asks for nothing. */
export function podUsage(pod: KubernetesObject): { readonly cpu: number; readonly memory: number } {
  const asked = (name: string, otherwise: string): number =>
    listAt(pod, 'spec', 'containers').reduce((sum, container) => {
      const quantity = valueAt(container, 'resources', 'requests', name);
      return sum + Number(parseQuantity(typeof quantity === 'string' ? quantity : otherwise)?.nano ?? 0n) / 1e9;
    }, 0);
  return { cpu: asked('cpu', '100m') * 0.4, memory: asked('memory', '128Mi') * 0.6 };
}
