import { Ajv, type ErrorObject } from 'ajv';
import { messageOf } from '../errors.ts';
import { nearest } from '../value/nearest.ts';
import { canonicalJson, type Json, type JsonObject } from '../value/json.ts';
import { printable } from '../value/printable.ts';
import { celTypeOf, namedFormats, namedSchemas } from './named-schemas.ts';
import type { Path } from './template-tree.ts';

export interface ParamProblem {
  readonly path: Path;
  readonly message: string;
}

/** A remediation's parameters. A parameter without a default is required. */
export interface ParamsSchema {
  readonly names: readonly string[];
  /** CEL types by name. */
  readonly types: Readonly<Record<string, string>>;
  schemaOf(name: string): Json | undefined;
  withDefaults(params: JsonObject): JsonObject;
  /** All that is wrong; each names the parameter and shows a short form of what was given. */
  validate(params: JsonObject): readonly ParamProblem[];
  /** Parameters as expressions see them: numbers declared integer become CEL ints. */
  toExpression(params: JsonObject): unknown;
}

/** Compiles `params:` of remediations, equal ones once. */
export class ParamsSchemaCompiler {
  readonly #ajv: Ajv;
  readonly #known = new Map<string, ParamsSchema>();

  constructor() {
    this.#ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, verbose: true, allowUnionTypes: true });
    for (const [name, validate] of Object.entries(namedFormats)) this.#ajv.addFormat(name, validate);
    for (const [name, schema] of Object.entries(namedSchemas)) this.#ajv.addSchema(schema, name);
  }

  /** Throws an Error saying what is no JSON Schema. */
  compile(properties: JsonObject): ParamsSchema {
    const key = canonicalJson(properties);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.#compile(properties);
    this.#known.set(key, made);
    return made;
  }

  #compile(properties: JsonObject): ParamsSchema {
    const names = Object.keys(properties);
    const defaults = Object.fromEntries(
      names.flatMap((name) => (isObject(properties[name]) && 'default' in properties[name] ? [[name, properties[name]['default']]] : [])),
    );
    const required = names.filter((name) => !Object.hasOwn(defaults, name));
    const validate = this.#ajv.compile({ type: 'object', properties, required, additionalProperties: false });
    const types = Object.fromEntries(names.map((name) => [name, celTypeOf(properties[name])]));
    return {
      names,
      types,
      schemaOf: (name) => properties[name],
      withDefaults: (params) => ({ ...defaults, ...params }),
      validate: (params) => (validate(params) ? [] : describeAll(validate.errors ?? [], names)),
      toExpression: (params) => Object.fromEntries(Object.entries(params).map(([name, value]) => [name, toCel(value, properties[name])])),
    };
  }
}

/** The problem with one parameter's schema by itself, if there is one. */
export function schemaProblem(compiler: ParamsSchemaCompiler, name: string, schema: Json): string | undefined {
  try {
    compiler.compile({ [name]: schema });
    return undefined;
  } catch (error) {
    const unknownName = /can't resolve reference (\S+)/.exec(messageOf(error))?.[1];
    if (unknownName === undefined) return messageOf(error).replace(/"?(#|data)\/properties\/[^ "]+"?/, 'the schema');
    return `there is no schema ${unknownName}; there are ${Object.keys(namedSchemas).join(', ')}`;
  }
}

function describeAll(errors: readonly ErrorObject[], names: readonly string[]): ParamProblem[] {
  // Where none of several forms fits, each tells its own; the sentence about all of them is the one to read.
  const choices = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf').map((error) => error.instancePath);
  const kept = errors.filter(
    (error) => !choices.some((path) => error.instancePath.startsWith(path) && error.keyword !== 'anyOf' && error.keyword !== 'oneOf'),
  );
  const described = kept.map((error) => describe(error, names));
  return described.filter((problem, index) => described.findIndex((other) => canonicalJson(other) === canonicalJson(problem)) === index);
}

function describe(error: ErrorObject, names: readonly string[]): ParamProblem {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  if (error.keyword === 'required') {
    const name = String(error.params['missingProperty']);
    return { path: [...path, name], message: `${[...path, name].join('.')} is missing` };
  }
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params['additionalProperty']);
    const similar = path.length === 0 ? nearest(name, names) : undefined;
    return {
      path: [...path, name],
      message: `there is no parameter ${[...path, name].join('.')}${similar === undefined ? '' : `; did you mean ${similar}?`}`,
    };
  }
  const description =
    isObject(error.parentSchema) && typeof error.parentSchema['description'] === 'string' ? error.parentSchema['description'] : undefined;
  const named = error.keyword === 'format' ? namedSchemas[String(error.schema) as keyof typeof namedSchemas]?.description : undefined;
  const expected = named ?? description ?? (error.keyword === 'enum' ? `one of ${JSON.stringify(error.schema)}` : undefined);
  const message = expected === undefined ? (error.message ?? 'is not valid') : `must be ${expected}`;
  return {
    path: path.map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
    message: `${path.join('.')} ${message}, but is ${printable(error.data)}`,
  };
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function toCel(value: unknown, schema: unknown): unknown {
  if (typeof value === 'number') return celTypeOf(schema) === 'int' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (!isObject(schema)) return value;
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema['items']));
  if (!isObject(value)) return value;
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toCel(member, properties[key])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
