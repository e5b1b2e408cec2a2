import type { Json, JsonObject } from '../../../value/json.ts';

/** One step into an object: a key (of a list: the index), or the element of a list whose member `by` is `is`. */
export type Segment = string | { readonly by: string; readonly is: string };

/** Where a field is, without depending on the place of an element in its list. */
export type Path = readonly Segment[];

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The key under which a segment is found in this object or list; undefined where it is in neither. */
export function keyOf(container: Json | undefined, segment: Segment): string | undefined {
  if (typeof segment === 'string') {
    if (isObject(container) && Object.hasOwn(container, segment)) return segment;
    return isList(container) && /^(0|[1-9]\d{0,5})$/.test(segment) && Number(segment) < container.length ? segment : undefined;
  }
  if (!isList(container)) return undefined;
  const index = container.findIndex((element) => isObject(element) && element[segment.by] === segment.is);
  return index === -1 ? undefined : String(index);
}

/** The value at a path; null where there is none. */
export function valueAt(object: Json | undefined, path: Path): Json {
  let value: Json | undefined = object;
  for (const segment of path) {
    const key = keyOf(value, segment);
    value = key === undefined ? undefined : (value as { readonly [key: string]: Json })[key];
  }
  return value ?? null;
}

/** As JSON pointers write a key. */
export function pointer(base: string, key: string): string {
  return `${base}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The value where it is a text, else its JSON. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** As people write it: `spec.template.spec.containers[web].image`. */
export function pathText(path: Path): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment !== 'string') text += `[${segment.is}]`;
    else if (/^[A-Za-z][-A-Za-z0-9_]*$/.test(segment)) text += text === '' ? segment : `.${segment}`;
    else text += `["${segment}"]`;
  }
  return text;
}
