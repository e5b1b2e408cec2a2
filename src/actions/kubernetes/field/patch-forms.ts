import { z } from 'zod';
import { FixpointError } from '../../../errors.ts';
import type { Json, JsonObject } from '../../../value/json.ts';
import { printable } from '../../../value/printable.ts';
import { isSame, type Field, type Guard } from './json-patch.ts';
import { isList, isObject, keyOf, pathText, valueAt, type Path, type Segment } from './path.ts';

interface Written {
  readonly type: 'merge' | 'strategic' | 'json' | 'set';
  readonly body: Json;
  /** For a strategic merge: lists whose elements are found by a key; `*` is any element. */
  readonly mergeKeys: Readonly<Record<string, string>>;
  /** The object, for messages. */
  readonly what: string;
}

interface Wanted {
  readonly path: Path;
  readonly to: Json;
}

const SetPatch = z
  .array(
    z.strictObject({
      path: z
        .array(z.union([z.string().max(500), z.strictObject({ by: z.string().max(100), is: z.string().max(500) })]))
        .min(1)
        .max(20),
      value: z.json(),
    }),
  )
  .min(1)
  .max(200);

const JsonPatch = z
  .array(
    z.union([
      z.strictObject({
        op: z.enum(['test', 'add', 'replace']),
        path: z
          .string()
          .regex(/^(\/[^/]*){1,20}$/)
          .max(2000),
        value: z.json(),
      }),
      z.strictObject({
        op: z.literal('remove'),
        path: z
          .string()
          .regex(/^(\/[^/]*){1,20}$/)
          .max(2000),
      }),
    ]),
  )
  .min(1)
  .max(200);

/** Fields that the API leaves out where they say nothing. */
const leftOut: Readonly<Record<string, Json>> = { 'spec.paused': false, 'spec.minReadySeconds': 0 };

export interface PatchFields {
  readonly fields: readonly Field[];
  /** What it tests besides. */
  readonly guards: readonly Guard[];
  /** All that it names, changed by it or not. */
  readonly named: readonly Path[];
}

/** What a patch would change in this object, field by field. */
export function fieldsOfPatch(object: Json, written: Written): PatchFields {
  const { wanted, guards } = wantedBy(object, written);
  const overlapping = wanted.find((one, index) => wanted.some((other, place) => place !== index && isPrefix(other.path, one.path)));
  if (overlapping !== undefined) throw refusal(written, `${pathText(overlapping.path)} is changed twice`);
  const fields = wanted
    .map(({ path, to }) => ({ path, from: valueAt(object, path), to: leftOut[pathText(path)] === to ? null : to }))
    .filter(({ from, to }) => !isSame(from, to));
  const named = wanted.map(({ path }) => path);
  return {
    fields,
    named,
    guards: guards.filter((guard) => !fields.some(({ path }) => isPrefix(path, guard.path) || isPrefix(guard.path, path))),
  };
}

function wantedBy(object: Json, written: Written): { readonly wanted: readonly Wanted[]; readonly guards: readonly Guard[] } {
  const { type, body } = written;
  switch (type) {
    case 'merge':
    case 'strategic':
      if (!isObject(body)) throw refusal(written, `a ${type} patch is an object`);
      return { wanted: merged(object, { body, path: [] }, written), guards: [] };
    case 'json':
      return jsonWanted(object, written);
    case 'set':
      return { wanted: parsed(SetPatch, written).map(({ path, value }) => ({ path, to: value })), guards: [] };
  }
}

/** The leaves of a merge patch: null takes away, a list replaces the list, unless a strategic merge finds its elements by a key. */
function merged(object: Json, { body, path }: { body: JsonObject; path: Path }, written: Written): readonly Wanted[] {
  return Object.entries(body).flatMap(([key, value]): readonly Wanted[] => {
    if (key.startsWith('$') && written.type === 'strategic')
      throw refusal(written, `the directive ${printable(key)} is not supported here`);
    const inner = [...path, key];
    const by = written.type === 'strategic' && isList(value) ? mergeKeyOf(inner, written) : undefined;
    if (by !== undefined)
      return (value as readonly Json[]).flatMap((element) => mergedElement(object, { element, by, path: inner }, written));
    if (isObject(value) && Object.keys(value).length > 0) return merged(object, { body: value, path: inner }, written);
    return [{ path: inner, to: value }];
  });
}

function mergedElement(
  object: Json,
  { element, by, path }: { element: Json; by: string; path: Path },
  written: Written,
): readonly Wanted[] {
  const is = isObject(element) ? element[by] : undefined;
  if (!isObject(element) || typeof is !== 'string')
    throw refusal(written, `an element of ${pathText(path)} must be an object with its ${by}`);
  const place = [...path, { by, is }];
  const { $patch: directive, [by]: _key, ...rest } = element;
  if (directive === 'delete') return [{ path: place, to: null }];
  if (directive !== undefined) throw refusal(written, `the directive $patch: ${printable(directive)} is not supported here`);
  if (!isSame(valueAt(object, place), null)) return merged(object, { body: rest, path: place }, written);
  // A mistyped name would add a container (test/fixtures/kubernetes, fact 10).
  if (path.at(-1) === 'containers') throw refusal(written, `there is no container ${printable(is)}`);
  return [{ path: place, to: element }];
}

function mergeKeyOf(path: Path, { mergeKeys }: Written): string | undefined {
  const text = path.map((segment) => (typeof segment === 'string' ? segment : '*')).join('.');
  return Object.hasOwn(mergeKeys, text) ? mergeKeys[text] : undefined;
}

/** Inserting into a list and taking out of it move the others: applied twice they would not be what they are once. */
function jsonWanted(object: Json, written: Written): { readonly wanted: readonly Wanted[]; readonly guards: readonly Guard[] } {
  const wanted: Wanted[] = [];
  const guards: Guard[] = [];
  for (const operation of parsed(JsonPatch, written)) {
    const path = operation.path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const parent = valueAt(object, path.slice(0, -1));
    if (operation.op !== 'test' && isList(parent) && (operation.op !== 'replace' || keyOf(parent, path.at(-1) ?? '') === undefined))
      throw refusal(written, `${operation.op} ${operation.path}: an element of a list can only be replaced`);
    if (operation.op === 'remove') wanted.push({ path, to: null });
    else if (operation.op !== 'test') wanted.push({ path, to: operation.value });
    else if (isSame(valueAt(object, path), operation.value)) guards.push({ path, value: operation.value });
    else throw new FixpointError('target.ambiguous', `${written.what}: the test of ${printable(operation.path)} does not hold`);
  }
  return { wanted, guards };
}

function parsed<T>(schema: z.ZodType<T>, written: Written): T {
  const result = schema.safeParse(written.body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refusal(written, `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'not understood'}`);
}

function refusal({ type, what }: Written, why: string): FixpointError {
  return new FixpointError('params.invalid', `${what}: the ${type} patch: ${why}`);
}

function isPrefix(shorter: Path, longer: Path): boolean {
  return shorter.length <= longer.length && shorter.every((segment, index) => isSameSegment(segment, longer[index]));
}

function isSameSegment(a: Segment, b: Segment | undefined): boolean {
  if (typeof a === 'string' || typeof b === 'string' || b === undefined) return a === b;
  return a.by === b.by && a.is === b.is;
}
