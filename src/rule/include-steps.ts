import type { Json, JsonObject } from '../value/json.ts';
import { nearest } from '../value/nearest.ts';
import type { Reporter } from './reporter.ts';

/** A remediation as written, before anything about it is known to be right. */
type Written = Readonly<Record<string, unknown>>;

/** Steps with those of other remediations in place of the steps that name one, and which written step each comes from. */
export interface IncludedSteps {
  readonly steps: readonly unknown[];
  /** By index in `steps`: the index of the step as it was written, and whether it was included by that. */
  readonly origins: readonly { readonly index: number; readonly isIncluded: boolean }[];
}

const whole = /^\$\{\s*params\.([A-Za-z_]\w*)\s*\}$/;
const within = /\$\{\s*params\.([A-Za-z_]\w*)\s*\}/g;

/**
 * Puts the steps of another remediation where a step says `remediation:`, under ids `<step>-<id>`, with their parameters filled in as the
 * step gives them. What is kept of a rule is therefore whole. One level deep; their own `${params.x}` has to stand alone in its braces.
 */
export function includeSteps(remediation: Written, others: ReadonlyMap<string, Written>, reporter: Reporter): IncludedSteps | undefined {
  const written = remediation['steps'];
  if (!Array.isArray(written) || !written.some(isInclusion)) return undefined;
  const steps: unknown[] = [];
  const origins: { index: number; isIncluded: boolean }[] = [];
  for (const [index, step] of (written as readonly unknown[]).entries()) {
    const found = isInclusion(step) ? stepsOf(step, others, reporter.under('steps', index)) : [step];
    steps.push(...found);
    origins.push(...found.map(() => ({ index, isIncluded: isInclusion(step) })));
  }
  return { steps, origins };
}

interface Inclusion {
  readonly id: string;
  readonly remediation: string;
  /** As it was written. */
  readonly with?: unknown;
}

function isInclusion(step: unknown): step is Inclusion {
  return typeof step === 'object' && step !== null && typeof Reflect.get(step, 'remediation') === 'string';
}

function stepsOf(step: Inclusion, others: ReadonlyMap<string, Written>, reporter: Reporter): readonly unknown[] {
  const { id, remediation: name, with: given = {}, ...rest } = step;
  for (const key of Object.keys(rest)) reporter.error([key], `a step that names a remediation has id, remediation and with, and no ${key}`);
  const other = others.get(name);
  if (other === undefined) {
    const similar = nearest(name, others.keys());
    reporter.error(['remediation'], `there is no remediation ${name}${similar === undefined ? '' : `; did you mean ${similar}?`}`);
    return [];
  }
  if (!isMap(given)) {
    reporter.error(['with'], `expected a map of parameters, found ${JSON.stringify(given)}`);
    return [];
  }
  const params = paramsOf(other, given, { name, reporter });
  if (params === undefined) return [];
  // What is no step is told where it stands.
  const inner = (Array.isArray(other['steps']) ? (other['steps'] as readonly Json[]) : []).filter(isMap);
  if (inner.some(isInclusion)) {
    reporter.error(['remediation'], `remediation ${name} itself names another one: that goes one level deep`);
    return [];
  }
  const unfit = inner.find((each) => /\b(?:steps|values|params)\b/.test(expressionsIn(each)));
  if (unfit !== undefined) {
    reporter.error(
      ['remediation'],
      `the steps of ${name} cannot stand here: they use steps, values, or params within a larger expression than \${params.x}`,
    );
    return [];
  }
  return inner.map(({ id: own, ...body }) => ({
    id: `${id}-${typeof own === 'string' ? own : ''}`,
    ...(filled(body, params) as JsonObject),
  }));
}

function isMap(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** What its parameters stand for, defaults filled in; undefined where one lacks or is not known, which is reported. */
function paramsOf(
  other: Written,
  given: JsonObject,
  { name, reporter }: { readonly name: string; readonly reporter: Reporter },
): ReadonlyMap<string, Json> | undefined {
  const declared = isMap(other['params']) ? other['params'] : {};
  const fallback = (schema: Json | undefined) => (isMap(schema) ? schema['default'] : undefined);
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(declared, key));
  for (const key of unknown) reporter.error(['with', key], `remediation ${name} has no parameter ${key}`);
  const lacking = Object.entries(declared).filter(([key, schema]) => given[key] === undefined && fallback(schema) === undefined);
  for (const [key] of lacking) reporter.error(['with'], `remediation ${name} needs the parameter ${key}`);
  if (unknown.length + lacking.length > 0) return undefined;
  return new Map(Object.entries(declared).map(([key, schema]) => [key, given[key] ?? fallback(schema) ?? null]));
}

/** The steps with parameters in place of `${params.x}`: as they are where that is all of a text, joined to it where they are texts. */
function filled(json: Json, params: ReadonlyMap<string, Json>): Json {
  if (typeof json === 'string') {
    const only = whole.exec(json)?.[1];
    if (only !== undefined && params.has(only)) return params.get(only) ?? null;
    return json.replaceAll(within, (text, name: string) => {
      const value = params.get(name);
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : text;
    });
  }
  if (Array.isArray(json)) return (json as readonly Json[]).map((each) => filled(each, params));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, filled(value, params)]));
}

/** All that stands in `${…}` somewhere in it, but parameters by themselves. */
function expressionsIn(json: Json): string {
  const text = JSON.stringify(json).replaceAll(within, '');
  return [...text.matchAll(/\$\{(?<inner>.*?)\}/g)].map(({ groups }) => groups?.['inner'] ?? '').join(' ; ');
}
