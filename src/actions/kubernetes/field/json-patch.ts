import { FixpointError } from '../../../errors.ts';
import type { Json } from '../../../value/json.ts';
import { isList, keyOf, pathText, pointer, type Path, type Segment } from './path.ts';

/** One field of an object as it was planned; null = it is not there. */
export type Field = { readonly path: Path; readonly from: Json; readonly to: Json };

/** A value that must still be there when the fields are changed. */
export type Guard = { readonly path: Path; readonly value: Json };

export type Operation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

/**
 * A JSON patch of the fields for this very object: first a test of each field and of everything that says where it is, then the changes.
 * A test for null succeeds where the key is missing; adding below what is missing fails (test/fixtures/kubernetes, fact 12).
 */
export function jsonPatchOf(object: Json, fields: readonly Field[], guards: readonly Guard[] = []): readonly Operation[] {
  const places = [...guards.map(({ path, value }) => ({ path, from: value })), ...fields];
  const tests = new Map(places.flatMap((place) => testsOf(object, place)).map((test) => [test.path, test]));
  const working = structuredClone<Json>(object);
  return [...tests.values(), ...fields.flatMap((field) => changesOf(working, field))];
}

function testsOf(object: Json, { path, from }: Pick<Field, 'path' | 'from'>): readonly Operation[] {
  const tests: Operation[] = [];
  let container: Json | undefined = object;
  let base = '';
  for (const [index, segment] of path.entries()) {
    const key = keyOf(container, segment);
    const isLast = index === path.length - 1;
    if (key === undefined) {
      // A new element goes to the end: nobody else may have added it meanwhile.
      if (typeof segment !== 'string') tests.push({ op: 'test', path: base, value: container ?? null });
      else tests.push({ op: 'test', path: pointer(base, segment), value: null });
      return tests;
    }
    const inner: Json | undefined = (container as { readonly [key: string]: Json })[key];
    base = pointer(base, key);
    if (isLast) tests.push({ op: 'test', path: base, value: from });
    else if (inner === null) return [...tests, { op: 'test', path: base, value: null }];
    else if (typeof segment !== 'string') tests.push({ op: 'test', path: pointer(base, segment.by), value: segment.is });
    container = inner;
  }
  return tests;
}

type Container = { [key: string]: Json } & Json[];

/** The changes of one field, made to the working copy too, so that the next field finds what this one made. */
function changesOf(working: Json, { path, to }: Field): readonly Operation[] {
  const changes: Operation[] = [];
  let container = working as unknown as Container;
  let base = '';
  for (const [index, segment] of path.slice(0, -1).entries()) {
    const key = keyOf(container, segment);
    if (key === undefined && typeof segment !== 'string') throw missing(path.slice(0, index + 1));
    const name = key ?? (segment as string);
    base = pointer(base, name);
    if (key === undefined || (container as { [key: string]: Json })[key] === null) {
      if (to === null) return changes;
      const made = emptyFor(path[index + 1]);
      changes.push({ op: 'add', path: base, value: structuredClone(made) });
      (container as { [key: string]: Json })[name] = made;
    }
    container = (container as { [key: string]: Json })[name] as unknown as Container;
  }
  const last = path.at(-1) as Segment;
  const key = keyOf(container, last);
  if (to === null) {
    if (key === undefined) return changes;
    if (isList(container)) container.splice(Number(key), 1);
    else delete container[key];
    return [...changes, { op: 'remove', path: pointer(base, key) }];
  }
  if (key !== undefined) {
    (container as { [key: string]: Json })[key] = to;
    return [...changes, { op: 'replace', path: pointer(base, key), value: to }];
  }
  if (typeof last !== 'string') {
    container.push(to);
    return [...changes, { op: 'add', path: `${base}/-`, value: to }];
  }
  if (isList(container)) throw missing(path);
  (container as { [key: string]: Json })[last] = to;
  return [...changes, { op: 'add', path: pointer(base, last), value: to }];
}

function emptyFor(next: Segment | undefined): Json {
  return typeof next === 'string' ? {} : [];
}

function missing(path: Path): FixpointError {
  return new FixpointError('target.changed', `there is no ${pathText(path)}`);
}

/** Equal as JSON, whatever the order of keys. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSame((a as { [key: string]: Json })[key], (b as { [key: string]: Json })[key]));
}
