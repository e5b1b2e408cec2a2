import { parseDuration } from '../value/duration.ts';
import type { JsonObject } from '../value/json.ts';
import { nearest } from '../value/nearest.ts';
import { secretNamesIn } from '../value/secret-marker.ts';
import type { ActionShape } from './action-shape.ts';
import { checkQueries } from './check-query.ts';
import { compileTemplates, usesAny, type TemplatePlace } from './compile-template.ts';
import type { CompiledStep } from './compiled-rule.ts';
import { contextOf } from './expression-values.ts';
import { paramsInvalid } from './params-invalid.ts';
import type { ParamsSchema } from './params-schema.ts';
import type { Remediation } from './remediation-file.ts';
import { checkParams, sampleOf } from './static-params.ts';
import { targetKeys } from './target-keys.ts';
import { expressionsOf, type TemplateTree } from './template-tree.ts';

/** A step with what finding its target before any reading needs. */
export interface RemediationStep extends CompiledStep {
  readonly shape: ActionShape;
  /** The actions that bound what it does by itself: its own, and the one whose work it does. */
  readonly bounding: readonly ActionShape[];
  readonly tree: TemplateTree;
}

const defaultTimeout = 60_000;

/** Undefined where there is no such action. */
export function compileStep(
  step: Remediation['steps'][number],
  place: Omit<TemplatePlace, 'visible'> & { readonly schema: ParamsSchema },
): RemediationStep | undefined {
  const { compilers, reporter, schema } = place;
  const { actions } = compilers.shapes;
  const variables = ['labels', 'annotations', 'alert', 'alerts', 'params', 'steps', 'values', 'secrets'] as const;
  const tree = compileTemplates((step.with ?? {}) as JsonObject, {
    ...place,
    visible: { variables, params: schema.types },
    reporter: reporter.under('with'),
  });
  const shape = actions.get(step.action);
  if (shape === undefined) {
    const similar = nearest(step.action, actions.keys());
    reporter.error(
      ['action'],
      `there is no action ${step.action}${similar === undefined ? `; there are ${[...actions.keys()].join(', ')}` : `; did you mean ${similar}?`}`,
    );
    return undefined;
  }
  const what = `action ${shape.name}`;
  checkParams(tree, { what, names: shape.parameterNames, problemsOf: (params) => problemsOf(shape, params) }, reporter.under('with'));
  checkTarget(shape, tree, place);
  checkLiteral(shape, tree, place);
  checkQueries(tree, shape.queriesIn?.(tree.source as JsonObject) ?? [], { compilers, reporter: reporter.under('with') });
  const likeness = actions.get(shape.doesAs?.(tree.source as JsonObject) ?? '');
  return {
    id: step.id,
    action: step.action,
    effect: shape.effectOf?.(tree.source as JsonObject) ?? shape.effect,
    optional: step.optional ?? false,
    timeout: step.timeout === undefined ? defaultTimeout : (parseDuration(step.timeout) ?? defaultTimeout),
    usesSteps: step.late === true || usesAny(tree, ['steps']),
    shape,
    bounding: likeness === undefined ? [shape] : [shape, likeness],
    tree,
    render(scope) {
      const allowedSecrets = new Set(secretNamesIn(JSON.stringify(scope.params ?? {})));
      const given = tree.render(contextOf(scope, schema.toExpression), { name: `step ${step.id}`, allowedSecrets });
      const parsed = shape.parse(given);
      if ('problems' in parsed) throw paramsInvalid(`step ${step.id} (${shape.name})`, parsed.problems, given);
      return parsed.params as JsonObject;
    },
  };
}

export function problemsOf(
  shape: Pick<ActionShape, 'parse'>,
  params: JsonObject,
): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const parsed = shape.parse(params);
  return 'problems' in parsed ? parsed.problems : [];
}

/** What decides what a step does, such as a query or a condition, never comes from an alert. */
function checkLiteral({ name, literal = [] }: ActionShape, tree: TemplateTree, { reporter }: Pick<TemplatePlace, 'reporter'>): void {
  for (const { path, template } of tree.templates) {
    if (!literal.includes(String(path[0]))) continue;
    reporter.error(['with', ...path], `action ${name}: ${String(path[0])} is written as it is, without \${…}`, {
      within: template.text,
      offset: 0,
    });
  }
}

/** Locks and guards need to know what a step acts on before any step has run. */
function checkTarget(shape: ActionShape, tree: TemplateTree, { reporter }: Pick<TemplatePlace, 'reporter'>): void {
  if (shape.effect === 'read') return;
  const keys = targetKeys(shape, sampleOf(tree));
  for (const placed of tree.templates) {
    const expression = expressionsOf(placed).find(({ uses }) => uses.variables.has('steps'));
    if (expression === undefined || !keys.has(String(placed.path[0]))) continue;
    reporter.error(
      ['with', ...placed.path],
      `${String(placed.path[0])} is part of what the step acts on, and a target may not use steps.*.output`,
      { within: expression.text, offset: 0 },
    );
  }
}
