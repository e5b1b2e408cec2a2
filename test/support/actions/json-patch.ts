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
    for (const key of keys) parent = memberOf(parent, key);
    if (Array.isArray(parent)) {
      if (!changedList(parent, { op, last, value })) return undefined;
      continue;
    }
    if (!isObject(parent)) return undefined;
    switch (op) {
      case 'test':
        if (!isDeepStrictEqual(Object.hasOwn(parent, last) ? parent[last] : null, value)) return undefined;
        break;
      case 'add':
      case 'replace':
        parent[last] = structuredClone(value);
        break;
      case 'remove':
        if (!Object.hasOwn(parent, last)) return undefined;
        delete parent[last];
        break;
      default:
        return undefined;
    }
  }
  return copy;
}

function memberOf(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return /^\d+$/.test(key) ? parent[Number(key)] : undefined;
  return isObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
}

/** False where the operation does not apply. */
function changedList(list: Json[], { op, last, value }: { op: string; last: string; value: Json }): boolean {
  if (op === 'add' && last === '-') return list.push(structuredClone(value)) > 0;
  const index = Number(last);
  if (!/^\d+$/.test(last) || index >= list.length) return false;
  if (op === 'test') return isDeepStrictEqual(list[index], value);
  if (op === 'replace') list[index] = structuredClone(value);
  else if (op === 'remove') list.splice(index, 1);
  else return false;
  return true;
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
