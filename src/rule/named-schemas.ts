import { parseDuration } from '../value/duration.ts';
import { isDnsLabel, isDnsSubdomain } from '../value/name.ts';

const count = { type: 'integer', minimum: 0, maximum: 1000 } as const;
/** A bound of none would let a mistake scale to nothing: that takes a count or `exactly`. */
const bound = { ...count, minimum: 1 } as const;

/** Schemas that parameters refer to by name: `replicas: { $ref: replicas }`. */
export const namedSchemas = {
  'replicas': {
    description: 'a count of replicas, or a bound for it: {atLeast: n}, {atMost: n}, {exactly: n}',
    anyOf: [
      count,
      {
        type: 'object',
        properties: { atLeast: bound, atMost: bound, exactly: count },
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
      },
    ],
  },
  'duration': { description: 'a duration such as 30s, 5m or 1h30m', type: 'string', format: 'duration' },
  'quantity': {
    description: 'a Kubernetes quantity such as 500m, 2 or 4Gi',
    type: ['string', 'number'],
    pattern: '^[+-]?([0-9]+|[0-9]+\\.[0-9]*|\\.[0-9]+)(([KMGTPE]i)|[numkMGTPE]|[eE][+-]?[0-9]+)?$',
  },
  'dns-label': { description: 'a DNS label: lower-case letters, digits and dashes, at most 63', type: 'string', format: 'dns-label' },
  'dns-subdomain': { description: 'DNS labels joined by dots, at most 253 characters', type: 'string', format: 'dns-subdomain' },
} as const;

/** What `format:` may say, besides being free of it. */
export const namedFormats: Readonly<Record<string, (text: string) => boolean>> = {
  'dns-label': isDnsLabel,
  'dns-subdomain': isDnsSubdomain,
  'duration': (text) => parseDuration(text) !== undefined,
};

/** The CEL type of a value that fits the schema; `dyn` where it can be several. */
export function celTypeOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'dyn';
  const reference = '$ref' in schema && typeof schema.$ref === 'string' ? schema.$ref : undefined;
  if (reference !== undefined)
    return Object.hasOwn(namedSchemas, reference) ? celTypeOf(namedSchemas[reference as keyof typeof namedSchemas]) : 'dyn';
  if (!('type' in schema)) return 'dyn';
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'array':
      return `list<${'items' in schema ? celTypeOf(schema.items) : 'dyn'}>`;
    case 'object':
      return 'map<string, dyn>';
    default:
      return 'dyn';
  }
}
