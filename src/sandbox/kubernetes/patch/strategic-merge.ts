import { isDeepStrictEqual } from 'node:util';
import { goText } from '../go-text.ts';
import { isPlainObject } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { structNamed } from '../schema.ts';
import type { FieldType } from '../schema.ts';
import { internalError } from '../status-error.ts';

/**
 * Kubernetes' strategic merge: lists with a merge key are joined by it (new items come first), and `$patch`,
 * `$setElementOrder/…`, `$deleteFromPrimitiveList/…` and `$retainKeys` are obeyed.
 */
export function strategicMerge(type: FieldType, target: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return patch;
  return mergeObject(type, isPlainObject(target) ? target : {}, patch);
}

function mergeObject(type: FieldType, target: PlainObject, patch: PlainObject): PlainObject {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const merged: Record<string, unknown> = retained(target, patch['$retainKeys']);
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$patch' || key === '$retainKeys' || key.startsWith('$setElementOrder/')) continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const list = key.slice('$deleteFromPrimitiveList/'.length);
      merged[list] = asList(merged[list]).filter((item) => !asList(value).some((gone) => isDeepStrictEqual(item, gone)));
      continue;
    }
    if (value === null) delete merged[key];
    else merged[key] = mergeField({ type: fieldOf(type, key), target: merged[key], patch: value, order: patch[`$setElementOrder/${key}`] });
  }
  for (const [key, order] of Object.entries(patch)) {
    const list = key.startsWith('$setElementOrder/') ? key.slice('$setElementOrder/'.length) : undefined;
    const listKey = list === undefined ? undefined : mergeKey(fieldOf(type, list));
    if (list === undefined || listKey === undefined || list in patch) continue;
    merged[list] = ordered({ items: asList(merged[list]), order: asList(order), before: asList(target[list]), key: listKey });
  }
  return merged;
}

function mergeField(field: { type: FieldType; target: unknown; patch: unknown; order: unknown }): unknown {
  const { type, target, patch } = field;
  if (isPlainObject(patch)) return mergeObject(type, isPlainObject(target) ? target : {}, patch);
  if (!Array.isArray(patch)) return patch;
  const key = mergeKey(type);
  if (key === undefined) return patch;
  const before = asList(target);
  if (key !== true && patch.some((item) => isPlainObject(item) && item['$patch'] === 'replace' && !(key in item))) {
    return patch.filter((item) => isPlainObject(item) && !('$patch' in item));
  }
  const merged =
    key === true
      ? [...before, ...patch.filter((item) => !before.includes(item))]
      : mergeKeyed({ type: itemType(type), target: before, patch, key });
  const kept = patch.filter((item) => !(isPlainObject(item) && item['$patch'] === 'delete'));
  return ordered({ items: merged, order: field.order === undefined ? kept : asList(field.order), before, key });
}

function mergeKeyed(list: { type: FieldType; target: readonly unknown[]; patch: readonly unknown[]; key: string }): readonly unknown[] {
  const { type, target, patch, key } = list;
  const changes = new Map<unknown, PlainObject>();
  for (const item of patch) {
    if (!isPlainObject(item) || item[key] === undefined)
      throw internalError(`map: ${goText(item)} does not contain declared merge key: ${key}`);
    changes.set(item[key], item);
  }
  const survivors = target.flatMap((item) => {
    const change = isPlainObject(item) ? changes.get(item[key]) : undefined;
    if (change === undefined || !isPlainObject(item)) return [item];
    changes.delete(item[key]);
    return change['$patch'] === 'delete' ? [] : [mergeObject(type, item, change)];
  });
  const added = [...changes.values()].filter((change) => change['$patch'] !== 'delete').map((change) => mergeObject(type, {}, change));
  return [...survivors, ...added];
}

/** Items named in `order` come in that order; the others keep their place before those that stood after them. */
function ordered(list: {
  items: readonly unknown[];
  order: readonly unknown[];
  before: readonly unknown[];
  key: string | true;
}): readonly unknown[] {
  const { items, order, before, key } = list;
  const place = (places: readonly unknown[], item: unknown): number =>
    places.findIndex((other) =>
      key === true ? isDeepStrictEqual(other, item) : isPlainObject(other) && isPlainObject(item) && other[key] === item[key],
    );
  const named = items.filter((item) => place(order, item) !== -1).toSorted((a, b) => place(order, a) - place(order, b));
  const others = items.filter((item) => place(order, item) === -1);
  const result: unknown[] = [];
  while (named.length > 0 && others.length > 0) {
    const namedPlace = place(before, named[0]);
    const isOtherFirst = namedPlace !== -1 && place(before, others[0]) < namedPlace;
    result.push(isOtherFirst ? others.shift() : named.shift());
  }
  return [...result, ...named, ...others];
}

function retained(target: PlainObject, keys: unknown): Record<string, unknown> {
  if (!Array.isArray(keys)) return { ...target };
  return Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key)));
}

function withoutDirectives(patch: PlainObject): PlainObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}

function fieldOf(type: FieldType, key: string): FieldType {
  if (typeof type === 'string') return 'any';
  if ('struct' in type) return structNamed(type.struct)[key] ?? 'any';
  return 'map' in type ? type.map : 'any';
}

function mergeKey(type: FieldType): string | true | undefined {
  return typeof type === 'object' && 'list' in type ? type.merge : undefined;
}

function itemType(type: FieldType): FieldType {
  return typeof type === 'object' && 'list' in type ? type.list : 'any';
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
