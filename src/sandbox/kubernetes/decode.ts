import { isPlainObject } from './plain.ts';
import type { PlainObject } from './plain.ts';
import { canonicalQuantity, quantityProblem } from '../../value/quantity.ts';
import { structNamed } from './schema.ts';
import type { FieldType, Scalar } from './schema.ts';

/** How types are complained about: as Go's JSON decoder does, or as the converter behind strategic merge does. */
export type Wording = 'json' | 'converter';

export interface Decoded {
  readonly value: PlainObject;
  /** Paths of fields the type does not have; their values are left out. */
  readonly unknown: readonly string[];
}

/** A value that does not fit its field's type. */
export class DecodeError extends Error {}

interface Place {
  readonly path: string;
  /** As Go names it: the innermost struct, then the path without indices. */
  readonly struct: string;
  readonly fields: string;
}

/** Reads JSON as a kind's Go type would: drops nulls, empty maps and lists and unknown fields, and canonicalises quantities. */
export function decode(type: FieldType, value: unknown, wording: Wording): Decoded {
  const unknown: string[] = [];
  const decoded = decodeValue(type, value, { path: '', struct: '', fields: '' });
  return { value: isPlainObject(decoded) ? decoded : {}, unknown };

  function decodeValue(fieldType: FieldType, given: unknown, place: Place): unknown {
    if (given === null) return fieldType === 'time' && place.path.endsWith('template.metadata.creationTimestamp') ? null : undefined;
    if (typeof fieldType === 'string') return decodeScalar(fieldType, given, place);
    if ('struct' in fieldType) return decodeStruct(fieldType.struct, given, place);
    if ('map' in fieldType) return decodeMap(fieldType.map, given, place);
    if (!Array.isArray(given)) throw mismatch(given, 'slice', place);
    const items = given.map((item, index) => decodeValue(fieldType.list, item, { ...place, path: `${place.path}[${index}]` }));
    return items.length === 0 ? undefined : items.filter((item) => item !== undefined);
  }

  function decodeStruct(name: string, given: unknown, place: Place): PlainObject {
    if (!isPlainObject(given)) throw mismatch(given, `v1.${name}`, place);
    const struct = structNamed(name);
    const result: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(given)) {
      const path = place.path === '' ? key : `${place.path}.${key}`;
      const fieldType = struct[key];
      if (fieldType === undefined) {
        unknown.push(path);
        continue;
      }
      if (key === 'managedFields') continue;
      const read = decodeValue(fieldType, member, { path, struct: name, fields: place.fields === '' ? key : `${place.fields}.${key}` });
      if (read !== undefined) result[key] = read;
    }
    return result;
  }

  function decodeMap(fieldType: FieldType, given: unknown, place: Place): unknown {
    if (!isPlainObject(given)) throw mismatch(given, 'map', place);
    const entries = Object.entries(given)
      .map(([key, member]) => [key, decodeValue(fieldType, member, { ...place, path: `${place.path}.${key}` })] as const)
      .filter(([, member]) => member !== undefined);
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }

  function decodeScalar(scalar: Scalar, given: unknown, place: Place): unknown {
    switch (scalar) {
      case 'any':
        return given;
      case 'string':
      case 'time':
      case 'microTime':
        if (typeof given !== 'string') throw mismatch(given, 'string', place);
        return given;
      case 'bytes':
        if (typeof given !== 'string') throw mismatch(given, 'string', place);
        if (Buffer.from(given, 'base64').toString('base64') !== given)
          throw new DecodeError(`illegal base64 data at input byte ${base64ErrorAt(given)}`);
        return given;
      case 'boolean':
        if (typeof given !== 'boolean') throw mismatch(given, 'bool', place);
        return given;
      case 'int32':
      case 'int64':
        if (typeof given !== 'number' || !Number.isInteger(given)) throw mismatch(given, scalar, place);
        return given;
      case 'number':
        if (typeof given !== 'number') throw mismatch(given, 'float64', place);
        return given;
      case 'intOrString':
        if (typeof given !== 'number' && typeof given !== 'string') throw mismatch(given, 'intstr.IntOrString', place);
        return given;
      case 'quantity':
        return decodeQuantity(given);
    }
  }

  function mismatch(given: unknown, wanted: string, place: Place): DecodeError {
    if (wording === 'converter') return new DecodeError(`cannot convert ${converterTypeOf(given)} to ${wanted}`);
    return new DecodeError(
      `json: cannot unmarshal ${jsonTypeOf(given)} into Go struct field ${place.struct}.${place.fields} of type ${wanted}`,
    );
  }
}

function decodeQuantity(given: unknown): string {
  const canonical = typeof given === 'string' || typeof given === 'number' ? canonicalQuantity(String(given)) : undefined;
  if (canonical === undefined) throw new DecodeError(quantityProblem);
  return canonical;
}

function base64ErrorAt(text: string): number {
  const at = text.search(/[^A-Za-z0-9+/=]/);
  return at === -1 ? text.length : at;
}

function jsonTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  return Array.isArray(value) ? 'array' : typeof value;
}

function converterTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (Array.isArray(value)) return '[]interface {}';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}
