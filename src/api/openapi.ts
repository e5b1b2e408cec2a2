import { z } from 'zod';
import type { ApiAnswer, ApiRoute } from './api-route.ts';

const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  instance: z.string(),
});

type JsonSchema = Record<string, unknown>;

/** The OpenAPI 3.1 document of the routes. */
export function openApiDocument(routes: readonly ApiRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Fixpoint', version: 'v1', description: 'Receives alerts, runs guarded remediations, verifies that they helped.' },
    paths,
    components: {
      schemas: { Problem: schemaOf(Problem, 'output') },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } },
    },
  };
}

function operation(route: ApiRoute): object {
  const body = route.describedBody ?? route.body;
  return {
    operationId: operationId(route),
    summary: route.summary,
    parameters: [...pathParameters(route.path), ...queryParameters(route.query)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, response(Number(status), answer)])),
      default: problem('A problem'),
    },
    ...security(route),
  };
}

function operationId({ method, path }: ApiRoute): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'api' && word !== 'v1');
  return [method.toLowerCase(), ...(words.length === 0 ? ['page'] : words)].join('-');
}

function security({ role }: ApiRoute): object {
  if (role === 'anyone') return { security: [] };
  if (role === 'source') return { 'security': [{ bearer: [] }, { basic: [] }], 'x-fixpoint-role': 'webhook' };
  return { 'security': [{ bearer: [] }], 'x-fixpoint-role': role };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(query: z.ZodType | undefined): object[] {
  if (query === undefined) return [];
  const { properties = {} } = schemaOf(query, 'output') as { properties?: Record<string, JsonSchema> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

function response(status: number, { description, contentType = 'application/json', schema }: ApiAnswer): object {
  if (schema !== undefined) return { description, content: { [contentType]: { schema: schemaOf(schema, 'output') } } };
  return status >= 400 ? problem(description) : { description };
}

function problem(description: string): object {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

/** Inlined, for references inside would point into the wrong document; recursive JSON values become any value. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const {
    $schema: _dialect,
    $defs: _parts,
    ...rest
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as JsonSchema;
  return withoutReferences(rest) as JsonSchema;
}

function withoutReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value) return {};
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutReferences(member)]));
}
