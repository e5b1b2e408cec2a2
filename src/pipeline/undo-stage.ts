import { FixpointError } from '../errors.ts';
import { parseWith } from '../rule/parse-with.ts';
import { modes, strictestMode, type Mode } from '../rule/mode.ts';
import type { Plan } from '../run/plan.ts';
import { uidOf } from '../run/intent-uid.ts';
import type { StepRecord } from '../run/run.ts';
import { canonicalJson, type JsonObject } from '../value/json.ts';
import { within } from './deadline.ts';
import { admitRung } from './admit-rung.ts';
import { applyStage } from './apply-stage.ts';
import type { Engine } from './engine.ts';
import { finish } from './finish.ts';
import { actionOf, readContext, targetOfStep } from './plan-rung.ts';
import { retry } from './retry.ts';
import { settleStage } from './settle-stage.ts';
import { currentRung, hasActed, targetsOf, withStep, type Stint } from './stint.ts';
import { endUndoneRung } from './undone-rung.ts';
import { openIncidentOf } from './wait-for-quiet.ts';

/** How soon an undo run that is postponed looks again, ms. */
const soon = 2000;

/** Takes back one rung after the other, each planned, admitted, applied and settled like any change. */
export async function undoStage(engine: Engine, stint: Stint): Promise<void> {
  const { held } = stint;
  const rung = held.run.rungs[held.run.rung];
  if (rung === undefined) return await endOfUndo(engine, stint);
  switch (rung.state) {
    case 'applying':
      return await applyStage(engine, stint);
    case 'settling':
      return await settleStage(engine, stint);
    default:
      return await planUndo(engine, stint);
  }
}

async function planUndo(engine: Engine, stint: Stint): Promise<void> {
  const { held } = stint;
  const refused = whyNotByItself(engine, stint);
  if (refused !== undefined) return await finish(engine, stint, { phase: 'denied', reason: refused, guard: 'mode' });
  const { run } = held;
  // It may have waited since, and the incident opened again: what is needed is not taken back.
  if (run.undo?.cause === 'resolved' && !hasActed(run) && (await openIncidentOf(engine, run)) !== undefined) {
    const waiting = { guard: 'resolved', until: run.expiresAt, resume: 'undoing' as const, since: held.now };
    const { quietSince: _over, ...order } = run.undo;
    const reason = 'postponed: an incident has opened since';
    return await held.wait({ ...run, undo: { ...order, isPostponed: true }, waiting }, { reason, entries: [], wakeAt: held.now + soon });
  }
  let rung = currentRung(stint);
  try {
    for (const step of rung.steps) rung = withStep(rung, await planStep(engine, stint, step));
    targetsOf(rung);
  } catch (error) {
    held.signal.throwIfAborted();
    if (error instanceof FixpointError && error.code === 'target.changed')
      return await finish(engine, stint, { phase: 'superseded', reason: `drift: ${error.message}` });
    return await retry(engine, stint, {
      error,
      doing: `planning to take back ${rung.remediation}`,
      orElse: (reason) => finish(engine, stint, { phase: 'failed', reason }),
    });
  }
  if (rung.steps.every(({ changes }) => changes.length === 0)) return await endUndoneRung(stint, { ...rung, state: 'empty' });
  await admitRung(engine, stint, rung);
}

/** Plans one step, and refuses where the world is no longer as we left it. */
async function planStep(engine: Engine, { held }: Stint, step: StepRecord): Promise<StepRecord> {
  const { restores } = step;
  if (restores === undefined) throw new FixpointError('internal', `step ${step.id} does not say what it takes back`);
  const action = actionOf(engine, step.action);
  const parsed = parseWith(action.params)(restores.with);
  if (!('params' in parsed)) {
    const problems = parsed.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new FixpointError('params.invalid', `step ${step.id} (${step.action}) cannot be taken back: ${problems}`);
  }
  const limit = { clock: engine.clock, length: step.timeoutMs, what: `planning to take back ${step.id}`, parent: held.signal };
  const plan: Plan = await within(limit, (signal) =>
    action.plan(parsed.params as never, { ...readContext(engine, held.run, signal), step: step.id }),
  );
  refuseDrift(step, plan);
  const target = plan.target ?? targetOfStep(action, parsed.params as JsonObject);
  return {
    ...step,
    state: 'planned',
    intent: plan.intent,
    changes: plan.changes,
    ...(target === undefined ? {} : { target }),
    ...(plan.affects === undefined ? {} : { affects: plan.affects }),
    ...(plan.notes === undefined ? {} : { notes: plan.notes }),
  };
}

/** Each field is as we left it, or back already; the object is the one we changed; and nothing else would be changed. */
function refuseDrift(step: StepRecord, { changes, intent }: Plan): void {
  const what = step.target ?? step.id;
  const { uid, changes: ours = [] } = step.restores ?? {};
  const live = uidOf(intent);
  if (uid !== undefined && live !== undefined && live !== uid)
    throw new FixpointError('target.changed', `${what} is another object by now (uid ${live}, not ${uid})`);
  for (const change of changes) {
    const left = ours.filter((one) => one.what === change.what).map(({ to }) => to);
    if (left.length === 0) throw new FixpointError('target.changed', `${change.what} of ${what} would be changed, which was not ours`);
    if (!left.some((to) => canonicalJson(change.from) === canonicalJson(to)))
      throw new FixpointError(
        'target.changed',
        `${change.what} of ${what} is ${JSON.stringify(change.from)}, not ${left.map((to) => JSON.stringify(to)).join(' or ')} as it was left; somebody has changed it since`,
      );
  }
}

/** Trust that has been taken away since keeps an undo from being done by itself; a person may still ask for it. */
function whyNotByItself(engine: Engine, { held, rule }: Stint): string | undefined {
  const { run } = held;
  if (run.undo?.cause === 'person') return undefined;
  const now = engine.rulebook().rule(run.rule);
  const mode: Mode = strictestMode(
    ...(engine.limits.mode === undefined ? [] : [engine.limits.mode]),
    ...(now === undefined ? [] : [now.modeFor(run.alert)]),
    'auto',
  );
  const originals = run.rungs.flatMap(({ of }) => (of === undefined ? [] : (rule.ladder[of]?.mode ?? [])));
  // A person's yes to the change was a yes to its end.
  const needed = strictestMode(rule.modeFor(run.alert), ...originals);
  if (modes.indexOf(mode) >= modes.indexOf(needed)) return undefined;
  return `mode ${mode} was ${needed} when the change was made: it is not taken back by itself; fixpoint undo ${run.undoes ?? run.id} does`;
}

async function endOfUndo(engine: Engine, stint: Stint): Promise<void> {
  const { rungs } = stint.held.run;
  const reason = rungs.map(({ remediation, state }) => `${remediation}: ${state === 'empty' ? 'back already' : 'taken back'}`).join('; ');
  await finish(engine, stint, { phase: 'succeeded', reason });
}
