import { FixpointError } from '../errors.ts';
import type { Json, JsonObject } from '../value/json.ts';
import type { Expression } from './expression.ts';
import { ExpressionError } from './expression-uses.ts';
import type { ExpressionContext } from './expression-values.ts';
import { compileTemplate, hasTemplate, renderTemplate, type Template } from './template.ts';

export type Path = readonly (string | number)[];

/** One template in a tree, and where it stands. */
export interface PlacedTemplate {
  readonly path: Path;
  readonly template: Template;
  /** It could not be compiled, which has been reported: nothing more can be said about it. */
  readonly isBroken?: true;
}

export interface RenderOptions {
  readonly name: string;
  /** Secrets that may be named besides the templates' own: those already in the parameters. */
  readonly allowedSecrets?: ReadonlySet<string>;
  /** What to put in place of a template instead of rendering it. */
  instead?(placed: PlacedTemplate): Json | undefined;
}

/** JSON in which texts may be templates. */
export interface TemplateTree {
  readonly source: Json;
  readonly templates: readonly PlacedTemplate[];
  /** Throws `render.failed`, naming the place below `name`. */
  render(context: ExpressionContext, options: RenderOptions): Json;
  /** The tree with `fill`'s answer in place of every template. */
  sample(fill: (placed: PlacedTemplate) => Json): Json;
}

export type TemplateProblem = (path: Path, text: string, error: ExpressionError) => void;

/** Compiles every text of the JSON; problems are told to `problem`. */
export function compileTree(source: Json, compile: (expression: string) => Expression, problem: TemplateProblem): TemplateTree {
  const templates: PlacedTemplate[] = [];
  const byPath = new Map<string, PlacedTemplate>();
  const place = (path: Path, text: string): PlacedTemplate => {
    try {
      return { path, template: compileTemplate(text, compile) };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      problem(path, text, error);
      return { path, template: { text, parts: [] }, isBroken: true };
    }
  };
  walk(source, [], (text, path) => {
    if (!hasTemplate(text)) return text;
    const placed = place(path, text);
    templates.push(placed);
    byPath.set(JSON.stringify(path), placed);
    return text;
  });
  const replace = (fill: (placed: PlacedTemplate) => Json): Json =>
    templates.length === 0
      ? source
      : walk(source, [], (text, path) => {
          const placed = hasTemplate(text) ? byPath.get(JSON.stringify(path)) : undefined;
          return placed === undefined ? text : fill(placed);
        });
  return {
    source,
    templates,
    sample: replace,
    render: (context, { name, allowedSecrets = new Set(), instead }) =>
      replace((placed) => {
        const { path, template } = placed;
        try {
          return instead?.(placed) ?? renderTemplate(template, context, allowedSecrets);
        } catch (error) {
          if (error instanceof FixpointError)
            throw new FixpointError(error.code, `${[name, ...path].join('.')}: ${error.message}`, { cause: error });
          throw error;
        }
      }),
  };
}

function walk(value: Json, path: Path, change: (text: string, path: Path) => Json): Json {
  if (typeof value === 'string') return change(value, path);
  if (Array.isArray(value)) return value.map((item: Json, index) => walk(item, [...path, index], change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value as JsonObject).map(([key, member]) => [key, walk(member, [...path, key], change)]));
}

/** The expressions of a template, in order. */
export function expressionsOf({ template }: PlacedTemplate): readonly Expression[] {
  return template.parts.filter((part) => typeof part === 'object');
}
