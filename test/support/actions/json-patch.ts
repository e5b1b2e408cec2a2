import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../../src/value/json.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: Json;
}

/** JSON patch as the Kubernetes API applies it: all or nothing (undefined), and a `test` for null succeeds on a missing key (fact 12). */
export function applyJsonPatch(document: Json, patch: Json): Json | undefined {
  const copy = structuredClone(document) as { [key: string]: Json };
  for (const { op, path, value = null } of patch as unknown as readonly Operation[]) {
    const keys = path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let parent: unknown = copy;
    for (const key of keys) parent = isObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (!isObject(parent)) return undefined;
    switch (op) {
      case 'test':
        if (!isDeepStrictEqual(Object.hasOwn(parent, last) ? parent[last] : null, value)) return undefined;
        break;
      case 'add':
        parent[last] = structuredClone(value);
        break;
      default:
        return undefined;
    }
  }
  return copy;
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
