import type { z } from 'zod';
import { nearest } from '../value/nearest.ts';
import { printable } from '../value/printable.ts';
import type { Reporter } from './reporter.ts';
import type { Path } from './template-tree.ts';

/** Holds data to a schema; every problem is reported, unknown keys with the nearest known one. */
export function checkShape<T extends z.ZodType>(schema: T, data: unknown, reporter: Reporter): z.infer<T> | undefined {
  const parsed = schema.safeParse(data, { reportInput: true });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) reportIssue(issue, schema, reporter);
  return undefined;
}

/**
 * The data without what does not fit the schema, so that the rest can be looked at too; undefined where that leaves nothing
 * to look at. `instead` has values for keys without which there is none.
 */
export function withoutMisfits(schema: z.ZodType, data: unknown, instead: Readonly<Record<string, unknown>>): unknown {
  const parsed = schema.safeParse(data);
  if (parsed.success || typeof data !== 'object' || data === null) return parsed.data;
  const copy: unknown = structuredClone(data);
  for (const issue of parsed.error.issues) {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    for (const key of unknown) remove(copy, key === undefined ? issue.path : [...issue.path, key]);
  }
  const rest = typeof copy === 'object' && copy !== null ? { ...instead, ...copy } : copy;
  return schema.safeParse(rest).success ? rest : undefined;
}

function remove(data: unknown, path: readonly PropertyKey[]): void {
  const owner = path
    .slice(0, -1)
    .reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined), data);
  const last = path.at(-1);
  if (last !== undefined && typeof owner === 'object' && owner !== null && !Array.isArray(owner)) Reflect.deleteProperty(owner, last);
}

type Issue = z.core.$ZodIssue;

function reportIssue(issue: Issue, schema: z.ZodType, reporter: Reporter): void {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path);
      for (const key of issue.keys) {
        const similar = nearest(key, known);
        reporter.error(
          [...path, key],
          `unknown key ${key}; ${similar === undefined ? `known here: ${known.join(', ')}` : `did you mean ${similar}?`}`,
          { key: true },
        );
      }
      return;
    }
    case 'invalid_union': {
      const branch = closestBranch(issue);
      if (branch === undefined)
        return reporter.error(
          path,
          issue.input === undefined
            ? `${nameOf(path)} is missing`
            : `${nameOf(path)}: ${issue.message === 'Invalid input' ? `this form is not understood: ${printable(issue.input)}` : issue.message}`,
        );
      for (const inner of branch) reportIssue({ ...inner, path: [...issue.path, ...inner.path] }, schema, reporter);
      return;
    }
    case 'invalid_key':
      return reporter.error(path, `${nameOf(path)}: ${issue.issues[0]?.message ?? issue.message}`, { key: true });
    default: {
      const isMissing = issue.input === undefined;
      reporter.error(path, isMissing ? `${nameOf(path)} is missing` : `${nameOf(path)}: ${describe(issue)}`);
    }
  }
}

function describe(issue: Issue): string {
  if (issue.message.startsWith('expected ')) return issue.message;
  if (issue.code === 'invalid_type')
    return `expected ${issue.expected === 'record' || issue.expected === 'object' ? 'a map of keys' : issue.expected === 'array' ? 'a list' : issue.expected}, found ${printable(issue.input)}`;
  if (issue.code === 'invalid_value') return `expected one of ${issue.values.map(String).join(', ')}, found ${printable(issue.input)}`;
  return issue.message;
}

/** The form that was meant, judged by what the input is: the one whose problems are inside it, not with its kind. */
function closestBranch(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined {
  const inside = issue.errors.find(
    (branch) => branch.length > 0 && branch.every((inner) => inner.path.length > 0 || inner.code !== 'invalid_type'),
  );
  const described = issue.errors.find((branch) => branch.some((inner) => inner.message.startsWith('expected ')));
  return inside ?? described;
}

function nameOf(path: Path): string {
  const named = path.findLast((key) => typeof key === 'string');
  return named ?? 'the file';
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const [key, ...rest] = path;
  const { def } = schema as z.ZodType;
  if (is(def, 'object')) {
    if (key === undefined) return Object.keys(def.shape);
    const member = def.shape[String(key)];
    return member === undefined ? [] : keysAt(member, rest);
  }
  if (is(def, 'optional') || is(def, 'nullable') || is(def, 'default')) return keysAt(def.innerType, path);
  if (is(def, 'union')) return def.options.flatMap((option) => keysAt(option, path));
  if (key === undefined) return [];
  if (is(def, 'array')) return keysAt(def.element, rest);
  return is(def, 'record') ? keysAt(def.valueType, rest) : [];
}

interface Defs {
  object: z.core.$ZodObjectDef;
  optional: z.core.$ZodOptionalDef;
  nullable: z.core.$ZodNullableDef;
  default: z.core.$ZodDefaultDef;
  union: z.core.$ZodUnionDef;
  array: z.core.$ZodArrayDef;
  record: z.core.$ZodRecordDef;
}

function is<K extends keyof Defs>(def: z.core.$ZodTypeDef, type: K): def is Defs[K] {
  return def.type === type;
}
