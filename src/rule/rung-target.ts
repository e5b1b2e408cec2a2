import type { Alert } from '../alert/alert.ts';
import { FixpointError } from '../errors.ts';
import type { Json, JsonObject } from '../value/json.ts';
import { formatTarget } from '../value/target.ts';
import type { CompiledRemediation } from './compile-remediation.ts';
import type { RemediationStep } from './compile-step.ts';
import type { Scope } from './compiled-rule.ts';
import type { Variable } from './expression-environment.ts';
import { contextOf } from './expression-values.ts';
import { paramsInvalid } from './params-invalid.ts';
import { mostSamples, sampleFor, sampleOf } from './static-params.ts';
import { targetKeys } from './target-keys.ts';
import { expressionsOf, type PlacedTemplate, type TemplateTree } from './template-tree.ts';

/** What is known only after reading, or differs from member to member of one incident. */
const unknownBefore: readonly Variable[] = ['values', 'alerts', 'steps'];

/**
 * The target of the first changing step, found without reading: what depends on values, other members or earlier steps is
 * filled with a sample, as it cannot be part of a target. Undefined where no step changes anything or plan must find out.
 */
export function targetOf(remediation: CompiledRemediation, tree: TemplateTree, alert: Alert): string | undefined {
  const step = firstChange(remediation);
  if (step === undefined) return undefined;
  return format(step, paramsBeforeReading({ remediation, tree, step }, alert));
}

/**
 * A step's parameters as far as they are known without reading: what depends on values, other members or earlier steps is filled
 * with something that parses. Throws `render.failed` and `params.invalid`.
 */
export function paramsBeforeReading(
  { remediation, tree, step }: { readonly remediation: CompiledRemediation; readonly tree: TemplateTree; readonly step: RemediationStep },
  alert: Alert,
): unknown {
  const params = renderKnown(remediation, tree, alert);
  const unknown = unknownKeys(step.tree, unknownKeys(tree));
  const scope: Scope = { alert, alerts: [alert], params };
  const given = renderedWith(0);
  const parsed = step.shape.parse(given);
  if ('params' in parsed) return parsed.params;
  const known = parsed.problems.filter(({ path }) => !unknown.has(String(path[0])));
  if (known.length > 0) throw paramsInvalid(`step ${step.id} (${step.shape.name})`, known, given);
  for (let index = 1; index < mostSamples; index++) {
    const other = step.shape.parse(renderedWith(index));
    if ('params' in other) return other.params;
  }
  return parseSomehow(step, given, unknown);

  function renderedWith(index: number): JsonObject {
    const instead = sampleIn(unknownKeys(step.tree), index);
    return step.tree.render(contextOf(scope, remediation.schema.toExpression), { name: `step ${step.id}`, instead }) as JsonObject;
  }
}

/** The parameters of a step that are known only after reading. */
export function keysAfterReading(step: TemplateTree, rung: TemplateTree): readonly string[] {
  return [...unknownKeys(step, unknownKeys(rung))];
}

function firstChange({ steps }: CompiledRemediation): RemediationStep | undefined {
  return steps.find(({ effect, shape }) => effect !== 'read' && shape.isAside !== true);
}

/** Parameters that parse, with values of some other kind where they are not known; they are no part of the target. */
function parseSomehow({ shape }: RemediationStep, given: JsonObject, unknown: ReadonlySet<string>): unknown {
  const kinds: readonly Json[] = [1, 'x', '1m', true, [], {}];
  for (const kind of kinds) {
    const filled = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, unknown.has(key) ? kind : value]));
    const parsed = shape.parse(filled);
    if ('params' in parsed) return parsed.params;
  }
  return given;
}

/** The keys of `with` that cannot be known before reading, and decide the target all the same. */
export function unknownTargetKeys(remediation: CompiledRemediation, tree: TemplateTree): readonly string[] {
  const step = firstChange(remediation);
  if (step === undefined) return [];
  const keys = targetKeys(step.shape, sampleOf(step.tree));
  return [...unknownKeys(step.tree, unknownKeys(tree))].filter((key) => keys.has(key));
}

function renderKnown({ name, schema }: CompiledRemediation, tree: TemplateTree, alert: Alert): JsonObject {
  const unknown = unknownKeys(tree);
  const given = tree.render(contextOf({ alert, alerts: [alert] }), { name: 'with', instead: sampleIn(unknown) }) as JsonObject;
  const params = schema.withDefaults(given);
  const problems = schema.validate(params).filter(({ path }) => !unknown.has(String(path[0])));
  if (problems.length > 0) throw paramsInvalid(`remediation ${name}`, problems, params);
  return params;
}

function unknownKeys(tree: TemplateTree, unknownParams: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  const isUnknown = (placed: PlacedTemplate): boolean =>
    expressionsOf(placed).some(
      ({ uses }) => unknownBefore.some((variable) => uses.variables.has(variable)) || !uses.params.isDisjointFrom(unknownParams),
    );
  return new Set(tree.templates.filter(isUnknown).map(({ path }) => String(path[0])));
}

function sampleIn(keys: ReadonlySet<string>, index = 0): (placed: PlacedTemplate) => Json | undefined {
  return (placed) => (keys.has(String(placed.path[0])) ? sampleFor(placed, index) : undefined);
}

function format(step: RemediationStep, params: unknown): string | undefined {
  try {
    const target = step.shape.target(params);
    return target === undefined ? undefined : formatTarget(target);
  } catch (error) {
    throw new FixpointError(
      'render.failed',
      `step ${step.id} (${step.shape.name}): what it acts on cannot be told before reading; declare subject:`,
      { cause: error },
    );
  }
}
