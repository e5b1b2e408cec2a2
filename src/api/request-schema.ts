import type { z } from 'zod';
import { FixpointError } from '../errors.ts';
import { nearest } from '../value/nearest.ts';
import { printable } from '../value/printable.ts';

/** The value by its schema; throws `request.malformed` with every problem, and the nearest valid word where there is one. */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown, what: 'query' | 'body'): T {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describe(issue, schema));
  throw new FixpointError(
    'request.malformed',
    `the ${what} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: ${problems.join('; ')}`,
    {
      details: { problems },
    },
  );
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): string[] {
  const place = issue.path.join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(
        (key) => `${printable(place === '' ? key : `${place}.${key}`)} is not known${suggestion(key, keysAt(schema, issue.path))}`,
      );
    case 'invalid_value':
      return [
        `${place} is ${shown(issue.input)}; expected ${issue.values.join(', ')}${suggestion(String(issue.input), issue.values.map(String))}`,
      ];
    case 'invalid_type':
      return [`${place === '' ? 'it' : place} is ${shown(issue.input)}; expected ${issue.expected}`];
    default:
      return [place === '' ? issue.message : `${place} is ${shown(issue.input)}: ${issue.message}`];
  }
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema;
  for (const key of path) at = shapeOf(at)[String(key)];
  return Object.keys(shapeOf(at));
}

function shapeOf(schema: unknown): Record<string, unknown> {
  const shape = typeof schema === 'object' && schema !== null && 'shape' in schema ? schema.shape : {};
  return shape as Record<string, unknown>;
}

function suggestion(word: string, candidates: readonly string[]): string {
  const near = nearest(word.slice(0, 64), candidates);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : printable(value);
}
