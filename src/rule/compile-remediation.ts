import { parseDuration, type Duration } from '../value/duration.ts';
import type { JsonObject } from '../value/json.ts';
import { checkQuery, textAt } from './check-query.ts';
import { compileStep, type RemediationStep } from './compile-step.ts';
import { compileValues } from './compile-values.ts';
import type { LabelRead } from './compile-template.ts';
import type { Compilers } from './compilers.ts';
import type { NamedValue } from './compiled-rule.ts';
import { schemaProblem, type ParamsSchema } from './params-schema.ts';
import type { Remediation } from './remediation-file.ts';
import type { Reporter } from './reporter.ts';

/** A remediation by itself, before a rung gives it parameters. */
export interface CompiledRemediation {
  readonly name: string;
  readonly summary: string;
  readonly definition: JsonObject;
  readonly timeout?: Duration;
  readonly schema: ParamsSchema;
  readonly steps: readonly RemediationStep[];
  readonly values: readonly NamedValue[];
  /** Parameters that are a whole query where they are used. */
  readonly queryParams: readonly string[];
  /** Labels that its templates read without guarding against their absence. */
  readonly unguardedLabels: ReadonlySet<string>;
}

/** Undefined where its parameters are no schemas; other problems are reported and the rest is still looked at. */
export function compileRemediation(
  remediation: Remediation,
  definition: JsonObject,
  tools: { readonly compilers: Compilers; readonly reporter: Reporter },
): CompiledRemediation | undefined {
  const { compilers, reporter } = tools;
  const schema = compileSchema(remediation, tools);
  if (schema === undefined) return undefined;
  const labelReads: LabelRead[] = [];
  const base = { compilers, labelReads, values: Object.keys(remediation.values ?? {}) };
  const alert = ['labels', 'annotations', 'alert', 'alerts', 'params'] as const;
  const values = compileValues(
    remediation.values ?? {},
    { ...base, visible: { variables: alert, params: schema.types }, reporter: reporter.under('values') },
    schema,
  );
  const ids = remediation.steps.map((step) => step.id);
  const steps = remediation.steps.map((step, index) => {
    const at = reporter.under('steps', index);
    if (ids.indexOf(step.id) < index) at.error(['id'], `there is another step ${step.id} before this one`);
    const earlierSteps = ids.slice(0, index).filter((id) => id !== step.id);
    return compileStep(step, { ...base, schema, earlierSteps, laterSteps: ids.slice(index), reporter: at });
  });
  const compiled = steps.filter((step) => step !== undefined);
  const firstChange = steps.findIndex((step) => step !== undefined && step.effect !== 'read');
  for (const [index, step] of steps.entries()) {
    if (step?.shape.isForPlanning !== true || firstChange < 0 || index < firstChange) continue;
    reporter.error(
      ['steps', index, 'action'],
      `${step.action} is asked while planning: it has to stand before the first step that changes something`,
    );
  }
  const queryParams = queryParamsOf(remediation, compiled);
  for (const name of queryParams) {
    const standard = defaultOf(remediation.params?.[name]);
    if (standard !== undefined) checkQuery({ text: standard, parts: [standard] }, ['params', name, 'default'], tools);
  }
  return {
    name: remediation.name,
    summary: remediation.summary,
    definition,
    ...(remediation.timeout === undefined ? {} : { timeout: parseDuration(remediation.timeout) ?? 0 }),
    schema,
    steps: compiled,
    values,
    queryParams,
    unguardedLabels: new Set(labelReads.map(({ label }) => label)),
  };
}

function queryParamsOf({ values = {} }: Remediation, steps: readonly RemediationStep[]): readonly string[] {
  const asked = steps.flatMap(({ shape, tree }) => (shape.queriesIn?.(tree.source as JsonObject) ?? []).map((path) => textAt(tree, path)));
  const queries = [...Object.values(values).map(({ promql }) => promql), ...asked];
  return [...new Set(queries.flatMap((query) => /^\$\{\s*params\.(\w+)\s*\}$/.exec(query ?? '')?.[1] ?? []))];
}

function defaultOf(schema: unknown): string | undefined {
  const standard: unknown = typeof schema === 'object' && schema !== null && 'default' in schema ? schema.default : undefined;
  return typeof standard === 'string' && standard.trim() !== '' ? standard : undefined;
}

function compileSchema(
  { params = {} }: Remediation,
  { compilers, reporter }: { readonly compilers: Compilers; readonly reporter: Reporter },
): ParamsSchema | undefined {
  const properties = params as JsonObject;
  try {
    return compilers.schemas.compile(properties);
  } catch {
    for (const [name, schema] of Object.entries(properties)) {
      const problem = schemaProblem(compilers.schemas, name, schema);
      if (problem !== undefined) reporter.error(['params', name], `parameter ${name}: ${problem}`);
    }
    return undefined;
  }
}
