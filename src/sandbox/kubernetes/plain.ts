/** JSON as it arrives: what is known of it is learned by looking. */
export type PlainObject = { readonly [key: string]: unknown };

export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of keys, or undefined where the path breaks off. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (!isPlainObject(current)) return undefined;
    current = current[key];
  }
  return current;
}

export function objectAt(value: unknown, ...path: readonly string[]): PlainObject {
  const found = valueAt(value, ...path);
  return isPlainObject(found) ? found : {};
}

export function listAt(value: unknown, ...path: readonly string[]): readonly PlainObject[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found.filter(isPlainObject) : [];
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function textsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectAt(value, ...path)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Without members that are undefined; as Go's omitempty, also without numbers 0 where they are named. */
export function compact(value: PlainObject, zeroless: readonly string[] = []): PlainObject {
  return Object.fromEntries(
    Object.entries(value).filter(([key, member]) => member !== undefined && !(member === 0 && zeroless.includes(key))),
  );
}
