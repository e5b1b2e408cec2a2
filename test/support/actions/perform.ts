import type { PlanContext, WriteContext } from '../../../src/actions/action.ts';
import { readRuleFiles } from '../../../src/app/rule-files.ts';
import { shapes } from '../../../src/app/shapes.ts';
import { loadRulebook } from '../../../src/rule/load.ts';
import type { Change } from '../../../src/run/plan.ts';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { actionNamed, applyOf, planOf, settledOf } from './world.ts';

const folder = new URL('../../../remediations', import.meta.url).pathname;

/** What became of one step. */
export interface Performed {
  readonly id: string;
  readonly action: string;
  readonly changes: readonly Change[];
  readonly output: Json | undefined;
  readonly settled?: unknown;
  readonly skipped?: string;
}

export interface Stage {
  readonly context: WriteContext & PlanContext;
  /** Lets what was applied take effect. */
  readonly rest?: () => void;
  readonly values?: Readonly<Record<string, number>>;
}

/**
 * A shipped remediation with these parameters, step by step: all is planned, then what changes something is applied and settled, one
 * after the other. Rejects as the first step does that is not optional.
 */
export async function perform(
  remediation: string,
  params: JsonObject,
  { context, rest, values = {} }: Stage,
): Promise<readonly Performed[]> {
  const rung = rungOf(remediation, params);
  const alert = { source: 'main', fingerprint: '00000000000000ff', status: 'firing', labels: {}, annotations: {}, startsAt: 0 } as const;
  const scope = { alert, alerts: [alert], values };
  const given = rung.params.render(scope);
  const steps: Record<string, { output: Json }> = {};
  const planned: (Performed & { readonly intent: Json })[] = [];
  for (const step of rung.steps) {
    try {
      const rendered = step.render({ ...scope, params: given, steps });
      const { changes, output, intent } = await planOf(step.action, rendered, { ...context, step: step.id });
      if (output !== undefined) steps[step.id] = { output };
      planned.push({ id: step.id, action: step.action, changes, output, intent });
    } catch (error) {
      if (!step.optional) throw error;
      planned.push({ id: step.id, action: step.action, changes: [], output: undefined, skipped: String(error), intent: null });
    }
  }
  const performed: Performed[] = [];
  for (const { intent, ...step } of planned) {
    if (actionNamed(step.action).effect === 'read' || step.changes.length === 0) {
      performed.push(step);
      continue;
    }
    const output = await applyOf(step.action, intent, { ...context });
    rest?.();
    performed.push({ ...step, output, settled: await settledOf(step.action, { intent, output }, context) });
  }
  return performed;
}

function rungOf(remediation: string, params: JsonObject) {
  const rule = {
    name: 'a',
    summary: 's',
    match: 'alertname="A"',
    subject: 'redis/x',
    mode: 'plan',
    ladder: [{ remediation, with: params }],
  };
  const { rulebook, problems } = loadRulebook({
    rules: [{ file: 'rules/a.yaml', text: JSON.stringify({ rules: [rule] }) }],
    remediations: readRuleFiles(`${folder}/${remediation}.yaml`),
    shapes: shapes(),
  });
  const rung = rulebook?.rules[0]?.ladder[0];
  if (rung === undefined) throw new Error(JSON.stringify(problems));
  return rung;
}
