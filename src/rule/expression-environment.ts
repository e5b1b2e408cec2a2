import { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { parseQuantity } from '../value/quantity.ts';
import { slackText } from '../value/slack-text.ts';
import { AlertView, StepView } from './expression-values.ts';

/** What an expression may see, and the CEL types of the parameters where it may see them. */
export interface Visible {
  readonly variables: readonly Variable[];
  readonly params?: Readonly<Record<string, string>>;
  /** Further variables and their CEL types: those of messages to people. */
  readonly fields?: Readonly<Record<string, string>>;
}

export type Variable = 'labels' | 'annotations' | 'alert' | 'alerts' | 'params' | 'steps' | 'values' | 'secrets' | 'output';

const variableTypes: Readonly<Record<Exclude<Variable, 'params'>, string>> = {
  labels: 'map<string, string>',
  annotations: 'map<string, string>',
  alert: 'Alert',
  alerts: 'list<Alert>',
  steps: 'map<string, Step>',
  values: 'map<string, double>',
  secrets: 'map<string, string>',
  output: 'dyn',
};

/** Names of the method that authors write and of the one that runs instead: the library's own backtracks without bound. */
export const regexMethod = { written: 'matches', run: 'matchesRe2' } as const;

const longestPattern = 1000;

/** The language without variables: CEL with our functions, in bounds that keep every expression cheap. */
export function createBaseEnvironment(): Environment {
  const patterns = new Map<string, RE2JS>();
  return new Environment({ limits: { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 } })
    .registerType('Alert', {
      ctor: AlertView,
      fields: {
        source: 'string',
        fingerprint: 'string',
        status: 'string',
        labels: 'map<string, string>',
        annotations: 'map<string, string>',
        startsAt: 'google.protobuf.Timestamp',
      },
    })
    .registerType('Step', { ctor: StepView, fields: { output: 'dyn' } })
    .registerFunction(`string.${regexMethod.run}(string): bool`, (text: string, pattern: string) => compiled(patterns, pattern).test(text))
    .registerFunction('promql(string): string', quotePromql)
    .registerFunction('quoteRegex(string): string', (text: string) => RE2JS.quote(text))
    .registerFunction('ceil(double): int', (value: number) => integer(Math.ceil(value)))
    .registerFunction('floor(double): int', (value: number) => integer(Math.floor(value)))
    .registerFunction('round(double): int', (value: number) => integer(Math.round(value)))
    .registerFunction('quantity(string): double', quantityOf)
    .registerFunction('min(int, int): int', (a: bigint, b: bigint) => (a < b ? a : b))
    .registerFunction('max(int, int): int', (a: bigint, b: bigint) => (a > b ? a : b))
    .registerFunction('min(double, double): double', (a: number, b: number) => Math.min(a, b))
    .registerFunction('max(double, double): double', (a: number, b: number) => Math.max(a, b));
}

export function withVariables(base: Environment, visible: Visible): Environment {
  const environment = base.clone();
  for (const variable of visible.variables) {
    if (variable === 'params') environment.registerVariable('params', { schema: { ...visible.params } });
    else environment.registerVariable(variable, variableTypes[variable]);
  }
  if (visible.fields === undefined) return environment;
  for (const [name, type] of Object.entries(visible.fields)) environment.registerVariable(name, type);
  environment.registerFunction('slack(string): string', slackText);
  return environment;
}

/** Compiles as RE2; throws where the text is no pattern. Literal patterns are compiled so at load. */
export function compileUnanchored(pattern: string): RE2JS {
  if (pattern.length > longestPattern) throw new RangeError(`a pattern may have ${longestPattern} characters`);
  return RE2JS.compile(pattern);
}

function compiled(patterns: Map<string, RE2JS>, pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const made = compileUnanchored(pattern);
  // Patterns are rules' own and few; one made from labels must not fill the memory.
  if (patterns.size >= 1000) patterns.clear();
  patterns.set(pattern, made);
  return made;
}

/** A quantity of Kubernetes as a number: cores, bytes. */
function quantityOf(text: string): number {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new RangeError(`${JSON.stringify(text)} is no quantity, such as 500m, 2 or 4Gi`);
  return Number(quantity.nano) / 1e9;
}

function integer(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no integer`);
  return BigInt(value);
}

/** A string literal of PromQL, quotes included. */
function quotePromql(text: string): string {
  const escaped = text
    .toWellFormed()
    .replaceAll(/[\\"]/g, '\\$&')
    .replaceAll('\n', '\\n')
    // eslint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}
