import { z } from 'zod';

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
}

/** A table of a member's parameters, from its schema. */
export function parameterTable(params: z.ZodType): string {
  const { properties = {}, required = [] } = z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as Schema;
  const names = Object.keys(properties);
  if (names.length === 0) return 'It has no parameters.\n';
  const rows = Object.entries(properties).map(([name, schema]) => {
    const fallback = schema.default === undefined ? (required.includes(name) ? 'required' : '') : `\`${JSON.stringify(schema.default)}\``;
    return `| \`${name}\` | ${typeOf(schema)} | ${fallback} | ${schema.description ?? ''} |`;
  });
  return ['| parameter | type | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return 'any JSON';
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  switch (schema.type) {
    case 'object': {
      if (schema.properties === undefined)
        return `map of ${typeof schema.additionalProperties === 'object' ? typeOf(schema.additionalProperties) : 'anything'}`;
      const members = Object.entries(schema.properties).map(
        ([name, member]) => `${name}${schema.required?.includes(name) === true ? '' : '?'}: ${typeOf(member)}`,
      );
      return `{ ${members.join(', ')} }`;
    }
    case 'array':
      return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`;
    case 'integer':
    case 'number':
      return schema.minimum !== undefined && schema.maximum !== undefined && Number.isSafeInteger(schema.maximum) && schema.maximum < 1e9
        ? `${schema.type} ${schema.minimum}–${schema.maximum}`
        : schema.type;
    default:
      return typeof schema.type === 'string' ? schema.type : 'any JSON';
  }
}
