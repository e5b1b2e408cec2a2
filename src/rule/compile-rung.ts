import { parseDuration, type Duration } from '../value/duration.ts';
import type { JsonObject } from '../value/json.ts';
import type { ActionShape } from './action-shape.ts';
import type { CompiledRemediation } from './compile-remediation.ts';
import { problemsOf } from './compile-step.ts';
import { checkQueries } from './check-query.ts';
import { compileTemplates, type TemplatePlace } from './compile-template.ts';
import { compileVerify, layVerify, type VerifyPart } from './compile-verify.ts';
import type { CompiledRung, RungParams } from './compiled-rule.ts';
import { contextOf } from './expression-values.ts';
import type { Limits } from './guard-settings.ts';
import { strictestMode, type Mode } from './mode.ts';
import { paramsInvalid } from './params-invalid.ts';
import type { Rule } from './rule-file.ts';
import { keysAfterReading, paramsBeforeReading, targetOf } from './rung-target.ts';
import { checkParams } from './static-params.ts';
import { expressionsOf, type TemplateTree } from './template-tree.ts';

const defaultTimeout = 600_000;

/** A compiled rung, with its templates for what the rule still has to check. */
export interface PlacedRung {
  readonly rung: CompiledRung;
  readonly remediation: CompiledRemediation;
  readonly tree: TemplateTree;
}

/** Compiles one rung; `place.reporter` stands at it. */
export function compileRung(
  written: Rule['ladder'][number],
  remediation: CompiledRemediation,
  { place, ...rule }: { readonly place: TemplatePlace; readonly mode: Mode; readonly verify: VerifyPart; readonly limits: Limits },
): PlacedRung {
  const { reporter } = place;
  const tree = compileTemplates((written.with ?? {}) as JsonObject, { ...place, reporter: reporter.under('with') });
  const { schema } = remediation;
  const problemsWith = (params: JsonObject) => schema.validate(schema.withDefaults(params));
  checkParams(tree, { what: `remediation ${remediation.name}`, names: schema.names, problemsOf: problemsWith }, reporter.under('with'));
  checkLiteralSteps(remediation, tree, place);
  checkQueries(
    tree,
    remediation.queryParams.map((name) => [name]),
    { ...place, reporter: reporter.under('with') },
  );
  const mode = cappedByActions(remediation, strictestMode(rule.mode, written.mode ?? rule.mode), { reporter, limits: rule.limits });
  const part = compileVerify(written.verify ?? {}, { ...place, reporter: reporter.under('verify') });
  const verify = layVerify(rule.verify, part, (message) => reporter.warning(['verify', 'within'], message));
  if (!verify.checks.some(({ positive }) => positive)) {
    const message = `rung ${remediation.name} has no positive check: that the alert is gone does not show that things are well; add promql, rolloutComplete or http to verify.checks`;
    if (mode === 'auto' || mode === 'approve') reporter.error(['remediation'], message);
    else reporter.warning(['remediation'], message);
  }
  const rung: CompiledRung = {
    remediation: remediation.name,
    summary: remediation.summary,
    mode,
    verify,
    undo: { when: written.undo?.when ?? 'never', after: durationOf(written.undo?.after, 0) },
    onError: written.onError ?? 'climb',
    timeout: durationOf(written.timeout, remediation.timeout ?? defaultTimeout),
    steps: remediation.steps,
    values: remediation.values,
    params: rungParams(remediation, tree),
    target: (alert) => targetOf(remediation, tree, alert),
    probe: (alert) =>
      remediation.steps.map((step) => ({
        id: step.id,
        action: step.action,
        params: paramsBeforeReading({ remediation, tree, step }, alert),
        open: keysAfterReading(step.tree, tree),
      })),
  };
  return { rung, remediation, tree };
}

/** In at most the mode that every action of the rung may have by itself; says so where that takes something from it. */
function cappedByActions(
  { name, steps }: CompiledRemediation,
  wished: Mode,
  { reporter, limits }: { readonly reporter: TemplatePlace['reporter']; readonly limits: Limits },
): Mode {
  const mostOf = (shape: ActionShape) => limits.actions?.[shape.name] ?? shape.most ?? 'auto';
  const bounding = steps.flatMap((step) => step.bounding);
  const mode = strictestMode(wished, ...bounding.map(mostOf));
  if (mode === wished) return mode;
  const capping = bounding.find((shape) => mostOf(shape) === mode);
  reporter.warning(
    ['remediation'],
    `rung ${name} runs in mode ${mode}, not ${wished}: ${capping?.name} does no more by itself (limits.actions in fixpoint.yaml)`,
  );
  return mode;
}

function durationOf(text: string | undefined, otherwise: Duration): Duration {
  return text === undefined ? otherwise : (parseDuration(text) ?? otherwise);
}

function rungParams({ name, schema }: CompiledRemediation, tree: TemplateTree): RungParams {
  return {
    render(scope) {
      const given = schema.withDefaults(tree.render(contextOf(scope), { name: 'with' }) as JsonObject);
      const problems = schema.validate(given);
      if (problems.length > 0) throw paramsInvalid(`remediation ${name}`, problems, given);
      return given;
    },
    renderIdentity: (scope) =>
      tree.render(contextOf(scope), {
        name: 'with',
        instead: (placed) =>
          expressionsOf(placed).some(({ uses }) => uses.variables.has('values') || uses.variables.has('alerts'))
            ? placed.template.text
            : undefined,
      }) as JsonObject,
  };
}

/** Where the rung's parameters are literal, steps that use nothing else can be judged now. */
function checkLiteralSteps(remediation: CompiledRemediation, tree: TemplateTree, { reporter }: TemplatePlace): void {
  if (tree.templates.length > 0) return;
  const params = remediation.schema.withDefaults(tree.source as JsonObject);
  if (remediation.schema.validate(params).length > 0) return;
  const context = { params: remediation.schema.toExpression(params) };
  for (const step of remediation.steps) {
    const expressions = step.tree.templates.flatMap(expressionsOf);
    if (expressions.length === 0 || !expressions.every(({ uses }) => [...uses.variables].every((variable) => variable === 'params')))
      continue;
    const given = step.tree.render(context, { name: `step ${step.id}` }) as JsonObject;
    for (const { path, message } of problemsOf(step.shape, given)) {
      const used = step.tree.templates.find((placed) => placed.path[0] === path[0]);
      if (used === undefined) continue;
      const [name] = expressionsOf(used).flatMap(({ uses }) => [...uses.params]);
      reporter.error(
        name === undefined ? ['with'] : ['with', name],
        `remediation ${remediation.name}, step ${step.id} (${step.action}): ${path.join('.')}: ${message}`,
      );
    }
  }
}
