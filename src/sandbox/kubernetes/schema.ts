import schema from './schema.json' with { type: 'json' };

export type Scalar =
  | 'string'
  | 'bytes'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'number'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'any';

/** The type of a field; `merge` names the key by which strategic merge joins a list (`true`: a set of scalars). */
export type FieldType =
  | Scalar
  | { readonly struct: string }
  | { readonly map: FieldType }
  | { readonly list: FieldType; readonly merge?: string | true };

export type Struct = Readonly<Record<string, FieldType>>;

const { kinds, structs } = schema as unknown as { kinds: Readonly<Record<string, string>>; structs: Readonly<Record<string, Struct>> };

/** Kinds that the recorded OpenAPI does not have: custom resources, whose spec is kept as it is written. */
const asWritten: Struct = { apiVersion: 'string', kind: 'string', metadata: { struct: 'ObjectMeta' }, spec: 'any', status: 'any' };
const custom: Readonly<Record<string, Struct>> = { VirtualService: asWritten, VerticalPodAutoscaler: asWritten };

export function structNamed(name: string): Struct {
  const struct = structs[name] ?? custom[name];
  if (struct === undefined) throw new Error(`the schema has no struct ${name}`);
  return struct;
}

/** The field type of a whole object of this kind. */
export function typeOfKind(kind: string): FieldType {
  const struct = kinds[kind] ?? (kind in custom ? kind : undefined);
  if (struct === undefined) throw new Error(`the schema has no kind ${kind}`);
  return { struct };
}
