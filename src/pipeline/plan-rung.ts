import type { AnyAction, ReadContext } from '../actions/action.ts';
import { codeOf, FixpointError, messageOf } from '../errors.ts';
import type { CompiledRung, CompiledStep } from '../rule/compiled-rule.ts';
import { strictestMode } from '../rule/mode.ts';
import type { Incident } from '../run/incident.ts';
import type { Plan } from '../run/plan.ts';
import type { Run, RungRecord, StepRecord } from '../run/run.ts';
import type { JsonObject } from '../value/json.ts';
import { formatTarget } from '../value/target.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';
import { readValues } from './named-values.ts';
import { scopeOf } from './rung-scope.ts';

interface PlanRequest {
  readonly run: Run;
  readonly incident: Incident | undefined;
  readonly compiled: CompiledRung;
  /** Rule-wide named values come before parameters, which may use them, and those before the remediation's own, which may use these. */
  readonly ruleValues: CompiledRung['values'];
  readonly signal: AbortSignal;
}

/** Runs the reading steps and plans the changing ones. Nothing is changed; throws what a step could not do. */
export async function planRung(engine: Engine, request: PlanRequest): Promise<RungRecord> {
  const { run, incident, compiled, signal } = request;
  const base = scopeOf(run, incident);
  const ofRule = await readValues(engine, request.ruleValues, { scope: base, source: run.source, signal });
  const params = compiled.params.render({ ...base, values: ofRule });
  const own = await readValues(engine, compiled.values, { scope: { ...base, params }, source: run.source, signal });
  const values = { ...ofRule, ...own };
  const steps: StepRecord[] = [];
  const rung: RungRecord = {
    remediation: compiled.remediation,
    mode: strictestMode(run.mode, compiled.mode),
    state: 'planned',
    params,
    values,
    steps,
    verdicts: [],
    undo: { when: compiled.undo.when, afterMs: compiled.undo.after },
  };
  for (const step of compiled.steps) {
    // Later steps see the outputs of earlier ones: the rung's list grows as they are planned.
    steps.push(await planStep(engine, { run, incident, rung, step, signal }));
  }
  return hasEffect(rung) ? rung : { ...rung, state: 'empty', reason: 'nothing to change' };
}

/** Whether applying the rung would change anything, as far as is known yet. */
function hasEffect(rung: RungRecord): boolean {
  return rung.steps.some((step) => step.effect !== 'read' && (step.state === 'pending' || step.changes.length > 0));
}

/** A step whose parameters come from a change that is still to be made stays `pending` and is planned right before its apply. */
async function planStep(engine: Engine, request: StepRequest): Promise<StepRecord> {
  const { step, rung } = request;
  const record = blankRecord(step);
  const changesBefore = rung.steps.some(
    (earlier) => earlier.effect !== 'read' && (earlier.state === 'pending' || earlier.changes.length > 0),
  );
  if (step.usesSteps && changesBefore) {
    return { ...record, notes: ['it depends on an earlier step; planned right before it is applied'] };
  }
  try {
    return await planNow(engine, request);
  } catch (error) {
    if (!step.optional || signalled(request.signal)) throw error;
    return { ...record, state: 'skipped', error: { code: codeOf(error), message: messageOf(error) } };
  }
}

interface StepRequest {
  readonly run: Run;
  readonly incident: Incident | undefined;
  readonly rung: RungRecord;
  readonly step: CompiledStep;
  readonly signal: AbortSignal;
}

/** Renders, then asks the action for its plan, within the step's timeout. */
export async function planNow(engine: Engine, { run, incident, rung, step, signal }: StepRequest): Promise<StepRecord> {
  const action = actionOf(engine, step.action);
  const params = step.render(scopeOf(run, incident, rung));
  const limit = { clock: engine.clock, length: step.timeout, what: `planning step ${step.id} (${step.action})`, parent: signal };
  const plan: Plan = await within(limit, (stepSignal) =>
    action.plan(params as never, { ...readContext(engine, run, stepSignal), step: step.id }),
  );
  const target = plan.target ?? targetOfStep(action, params);
  const isRead = step.effect === 'read';
  return {
    ...blankRecord(step),
    state: isRead ? 'settled' : 'planned',
    changes: plan.changes,
    ...(target === undefined ? {} : { target }),
    ...(isRead ? {} : { intent: plan.intent }),
    ...(plan.affects === undefined ? {} : { affects: plan.affects }),
    ...(plan.notes === undefined ? {} : { notes: plan.notes }),
    ...(plan.inverse === undefined ? {} : { inverse: plan.inverse }),
    ...(plan.output === undefined ? {} : { output: plan.output }),
  };
}

export function actionOf(engine: Engine, name: string): AnyAction {
  const action = engine.actions.get(name);
  if (action === undefined) throw new FixpointError('rules.invalid', `this version has no action ${name}`);
  return action;
}

export function readContext(engine: Engine, run: Run, signal: AbortSignal): ReadContext {
  const { kubernetes, http, redis, postgres, prometheus, alertmanager, clock, speed } = engine;
  const readers = { kubernetes, http, redis, postgres, prometheus, alertmanager, clock };
  return { ...readers, signal, run: run.id, source: run.source, ...(speed === 1 ? {} : { speed }) };
}

export function targetOfStep(action: AnyAction, params: JsonObject): string | undefined {
  const target = action.target(params as never);
  return target === undefined ? undefined : formatTarget(target);
}

function blankRecord(step: CompiledStep): StepRecord {
  return {
    id: step.id,
    action: step.action,
    effect: step.effect,
    optional: step.optional,
    timeoutMs: step.timeout,
    state: 'pending',
    changes: [],
  };
}

function signalled(signal: AbortSignal): boolean {
  return signal.aborted;
}
