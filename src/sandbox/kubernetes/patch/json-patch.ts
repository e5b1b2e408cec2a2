import { isDeepStrictEqual } from 'node:util';
import { isPlainObject } from '../plain.ts';
import { badRequest, inapplicablePatch } from '../status-error.ts';

type Container = Record<string, unknown> | unknown[];

/**
 * RFC 6902 as the API server applies it: `replace` of a missing map key adds it, `test` with null passes on a missing one,
 * and whatever cannot be applied is the same 422 (test/fixtures/kubernetes/transcripts/07-configmap-patch.json).
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${isPlainObject(patch) ? 'object' : typeof patch} into Go value of type []handlers.jsonPatchOp`,
    );
  let document: unknown = structuredClone(target);
  for (const operation of patch as readonly unknown[]) document = applied(document, operation);
  return document;
}

function applied(document: unknown, operation: unknown): unknown {
  if (!isPlainObject(operation) || typeof operation['path'] !== 'string') throw inapplicablePatch();
  const { op, value } = operation;
  const path = pointer(operation['path']);
  switch (op) {
    case 'add':
      return written(document, path, { kind: 'add', value: structuredClone(value) });
    case 'replace':
      return written(document, path, { kind: 'replace', value: structuredClone(value) });
    case 'remove':
      return written(document, path, { kind: 'remove' });
    case 'test':
      if (!isDeepStrictEqual(read(document, path) ?? null, value ?? null)) throw inapplicablePatch();
      return document;
    case 'copy':
    case 'move': {
      if (typeof operation['from'] !== 'string') throw inapplicablePatch();
      const from = pointer(operation['from']);
      const moved = read(document, from);
      if (moved === undefined) throw inapplicablePatch();
      const without = op === 'move' ? written(document, from, { kind: 'remove' }) : document;
      return written(without, path, { kind: 'add', value: structuredClone(moved) });
    }
    default:
      throw inapplicablePatch();
  }
}

function pointer(path: string): readonly string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw inapplicablePatch();
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Undefined where the last key is missing; a missing parent is an error. */
function read(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return document;
  const parent = parentOf(document, path);
  return Array.isArray(parent) ? parent[index(last, parent.length - 1)] : parent[last];
}

type Write = { readonly kind: 'add' | 'replace'; readonly value: unknown } | { readonly kind: 'remove' };

function written(document: unknown, path: readonly string[], write: Write): unknown {
  const last = path.at(-1);
  if (last === undefined) return write.kind === 'remove' ? null : write.value;
  const parent = parentOf(document, path);
  if (Array.isArray(parent)) writeItem(parent, last, write);
  else if (write.kind !== 'remove') parent[last] = write.value;
  else if (Object.hasOwn(parent, last)) delete parent[last];
  else throw inapplicablePatch();
  return document;
}

function writeItem(items: unknown[], last: string, write: Write): void {
  switch (write.kind) {
    case 'add':
      items.splice(last === '-' ? items.length : index(last, items.length), 0, write.value);
      return;
    case 'replace':
      items[index(last, items.length - 1)] = write.value;
      return;
    case 'remove':
      items.splice(index(last, items.length - 1), 1);
  }
}

function parentOf(document: unknown, path: readonly string[]): Container {
  let current = document;
  for (const part of path.slice(0, -1)) {
    if (Array.isArray(current)) current = current[index(part, current.length - 1)];
    else if (isPlainObject(current)) current = current[part];
    else throw inapplicablePatch();
  }
  if (!Array.isArray(current) && !isPlainObject(current)) throw inapplicablePatch();
  return current as Container;
}

function index(part: string, largest: number): number {
  if (!/^(0|[1-9][0-9]*)$/.test(part)) throw inapplicablePatch();
  const at = Number(part);
  if (at > largest) throw inapplicablePatch();
  return at;
}
