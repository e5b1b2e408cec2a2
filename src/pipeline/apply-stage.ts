import type { WriteContext } from '../actions/action.ts';
import { codeOf, FixpointError, messageOf } from '../errors.ts';
import type { DecisionRecord, Run, RungRecord, StepRecord } from '../run/run.ts';
import type { Json } from '../value/json.ts';
import { formatTarget } from '../value/target.ts';
import { ledgerKeys } from '../guards/ledger-keys.ts';
import { admit } from './admission.ts';
import { admittedEntry } from './admitted-entry.ts';
import { within } from './deadline.ts';
import type { AskPermit, Engine } from './engine.ts';
import { endEarly } from './end-early.ts';
import { finish } from './finish.ts';
import { mergeDecisions } from './merge-decisions.ts';
import { isHeldUp, nextToApply } from './next-step.ts';
import { closedPermit, permitFor } from './permit.ts';
import { actionOf, planNow, readContext } from './plan-rung.ts';
import { failRung } from './climb.ts';
import { reachOf } from './reach.ts';
import { refuse } from './refuse.ts';
import { retry } from './retry.ts';
import { startSettling } from './start-settling.ts';
import { compiledRung, currentRung, entryOf, hasActed, inError, withRung, withStep, type Stint } from './stint.ts';

/** Applies the next step of the current rung, or goes on to settle when all are applied. Each step is one commit after its effect. */
export async function applyStage(engine: Engine, stint: Stint): Promise<void> {
  const { held } = stint;
  const rung = currentRung(stint);
  const step = nextToApply(rung);
  // All is done already, or waits: there is nothing to ask the guards for.
  if (step === undefined || isHeldUp(engine, rung)) return await startSettling(engine, stint, rung);
  if (stint.admitted === undefined) return await readmit(engine, stint);
  held.keepLocks(stint.admitted.targets.map(ledgerKeys.lock));
  if (step.state === 'pending') return await planPending(engine, stint, { rung, step });
  if (step.state === 'planned') return await commitStep(stint, { ...step, state: 'applying', startedAt: held.now }, 'step-applying');
  const ask = permitFor(engine, held, { targets: stint.admitted.targets, admittedAt: stint.admitted.at });
  let mayHaveActed = false;
  const permit: AskPermit = async (neededMs) => {
    await ask(neededMs);
    mayHaveActed = true;
  };
  try {
    const output = await applyStep(engine, stint, { step, permit });
    await commitApplied(engine, stint, { step, output });
  } catch (error) {
    held.signal.throwIfAborted();
    if (step.effect === 'once' && !mayHaveActed && (isStopped(error) || isPassing(error)))
      return await putBack(engine, stint, { step, error });
    await failedApply(engine, stint, { step, error });
  }
}

async function applyStep(engine: Engine, { held }: Stint, { step, permit }: { step: StepRecord; permit: AskPermit }): Promise<Json> {
  const action = actionOf(engine, step.action);
  const limit = { clock: engine.clock, length: step.timeoutMs, what: `step ${step.id} (${step.action})`, parent: held.signal };
  const startedAt = engine.clock.now();
  const count = (outcome: 'applied' | 'failed') => engine.metrics.action(step.action, outcome, (engine.clock.now() - startedAt) / 1000);
  try {
    const output = await within(limit, (signal) => {
      const context: WriteContext = { ...readContext(engine, held.run, signal), write: engine.writers(permit) };
      return action.apply(step.intent as never, context);
    });
    count('applied');
    return output;
  } catch (error) {
    count('failed');
    throw error;
  }
}

/** The result, and the mark on the next step, in one write. */
async function commitApplied(engine: Engine, stint: Stint, { step, output }: { step: StepRecord; output: Json }): Promise<void> {
  const { held } = stint;
  const at = held.now;
  if (!hasFinishedStep(stint)) engine.metrics.timeToAction((at - held.run.createdAt) / 1000);
  const applied: StepRecord = { ...step, state: 'applied', output, finishedAt: at };
  let rung = withStep(currentRung(stint), applied);
  const next = rung.steps.find(({ effect, state, changes }) => effect !== 'read' && state === 'planned' && changes.length > 0);
  // A process that stops begins nothing more.
  const goesOn = next !== undefined && !isHeldUp(engine, rung) && engine.stopping?.aborted !== true;
  if (goesOn) rung = withStep(rung, { ...next, state: 'applying', startedAt: at });
  const entry = entryOf(held.run, 'step-applied', { step: step.id, action: step.action, target: step.target ?? null, output });
  delete stint.inherited;
  await held.commit(withRung(held.run, { ...rung, effectAt: at }), { entries: [entry] });
  engine.log.info(
    { runId: held.run.id, rule: held.run.rule, target: step.target, action: step.action, changes: step.changes },
    'step applied',
  );
}

function hasFinishedStep({ held }: Stint): boolean {
  return held.run.rungs.some((rung) => rung.steps.some((step) => step.effect !== 'read' && step.finishedAt !== undefined));
}

async function commitStep({ held, ...stint }: Stint, step: StepRecord, type: 'step-applying' | 'step-failed' | 'intent'): Promise<void> {
  const rung = withStep(currentRung({ held, ...stint }), step);
  const data = {
    step: step.id,
    action: step.action,
    target: step.target ?? null,
    ...(type === 'intent' ? { intent: step.intent ?? null } : {}),
  };
  await held.commit(withRung(held.run, rung), { entries: [entryOf(held.run, type, data)] });
}

/** A step that depends on an earlier change: planned now, and held to the targets that are locked. */
async function planPending(engine: Engine, stint: Stint, { rung, step }: { rung: RungRecord; step: StepRecord }): Promise<void> {
  const { held, admitted } = stint;
  const compiled = compiledRung(stint)?.steps.find(({ id }) => id === step.id);
  try {
    if (compiled === undefined) throw new FixpointError('internal', `the rule has no step ${step.id}`);
    const planned = await planNow(engine, { run: held.run, incident: held.incident, rung, step: compiled, signal: held.signal });
    const target = planned.target;
    if (planned.changes.length > 0 && (target === undefined || !(admitted?.targets.map(formatTarget).includes(target) ?? false))) {
      throw new FixpointError(
        'target.ambiguous',
        `step ${step.id} would act on ${target ?? 'nothing that is known'}, which the guards were not asked about`,
      );
    }
    await commitStep(stint, planned, 'intent');
    // The guards could not know whom it touches besides.
    if (planned.affects !== undefined && planned.affects.length > 0) delete stint.admitted;
  } catch (error) {
    held.signal.throwIfAborted();
    await failedApply(engine, stint, { step, error });
  }
}

/** A stint that comes to a half-applied rung asks the guards anew; the ledger knows the run and charges nothing twice. */
async function readmit(engine: Engine, stint: Stint): Promise<void> {
  const { held, rule } = stint;
  const rung = currentRung(stint);
  const reach = reachOf(engine, rung);
  const { run } = held;
  const open = rung.steps.find(({ state }) => state === 'applying');
  if (open?.effect === 'once') return await unknownOutcome(engine, stint, { step: open });
  const request = { run, incident: held.incident, rule, mode: rung.mode, fence: held.fence, now: held.now, signal: held.signal };
  const admission = await admit(engine, { ...request, ...reach, kind: 'acquire' });
  const decided = { ...run, decisions: mergeDecisions(run.decisions, admission.decisions) };
  if (admission.refusal === undefined) {
    stint.admitted = { at: held.now, targets: reach.targets };
    if (open !== undefined) stint.inherited = open.id;
    const resumed = open === undefined ? [] : [entryOf(run, 'resumed-after-crash', { step: open.id })];
    return await held.commit(decided, { entries: [...resumed, admittedEntry(run, admission.decisions)] });
  }
  const { refusal } = admission;
  if (refusal.decision === 'defer') return await refuse(engine, stint, { run: decided, refusal, entries: [] });
  if (open !== undefined) return await lookWhetherDone(engine, stint, { step: open, run: decided, refusal });
  await stopHere(engine, stint, { run: decided, refusal });
}

/** No further step may be begun: what the rung has done is verified, and a run that has done nothing ends as the guard says. */
async function stopHere(engine: Engine, stint: Stint, { run, refusal }: { run: Run; refusal: DecisionRecord }): Promise<void> {
  const rung = currentRung(stint);
  if (rung.steps.some(({ effect, state }) => effect !== 'read' && (state === 'applied' || state === 'settled'))) {
    const { guard, decision, reason } = refusal;
    await stint.held.commit(run, { entries: [entryOf(run, 'decision', { guard, decision, reason })] });
    return await startSettling(engine, stint, withoutRest(rung));
  }
  if (refusal.decision === 'needs-approval')
    return await finish(engine, stint, { phase: 'superseded', reason: `${refusal.guard}: ${refusal.reason}`, run });
  await refuse(engine, stint, { run, refusal, entries: [] });
}

/** What has been done is verified, what has not is left undone. */
function withoutRest(rung: RungRecord): RungRecord {
  const isOpen = ({ effect, state }: StepRecord) =>
    effect !== 'read' && (state === 'planned' || state === 'pending' || state === 'applying');
  return { ...rung, steps: rung.steps.map((step): StepRecord => (isOpen(step) ? { ...step, state: 'skipped' } : step)) };
}

/** Nothing new may be done. Apply with closed writers tells whether the interrupted effect is there already. */
async function lookWhetherDone(
  engine: Engine,
  stint: Stint,
  { step, run, refusal }: { step: StepRecord; run: Run; refusal: DecisionRecord },
): Promise<void> {
  const reason = `${refusal.guard}: ${refusal.reason}`;
  try {
    const output = await applyStep(engine, stint, { step, permit: closedPermit(reason) });
    const { held } = stint;
    const rung = withStep(currentRung(stint), { ...step, state: 'applied', output, finishedAt: held.now });
    await startSettling(engine, stint, { ...withoutRest(rung), effectAt: held.now });
  } catch (error) {
    stint.held.signal.throwIfAborted();
    if (isStopped(error)) return await stopHere(engine, stint, { run, refusal });
    await finish(engine, stint, {
      phase: 'interrupted',
      reason: `${reason}; and whether step ${step.id} was done is unknown: ${messageOf(error)}`,
    });
  }
}

/** Whether the engine kept the effect from being begun. */
function isStopped(error: unknown): boolean {
  return error instanceof FixpointError && error.details['stop'] !== undefined;
}

/** Whether it may be otherwise later. */
function isPassing(error: unknown): boolean {
  return error instanceof FixpointError && error.retryable;
}

/** What cannot be repeated was not let through to its first request, so it has not been begun. */
async function putBack(engine: Engine, stint: Stint, { step, error }: { step: StepRecord; error: unknown }): Promise<void> {
  const planned = unbegun(step);
  const { held } = stint;
  await held.commit(withRung(held.run, withStep(currentRung(stint), planned)));
  delete stint.admitted;
  await failedApply(engine, stint, { step: planned, error });
}

async function unknownOutcome(engine: Engine, stint: Stint, { step, told }: { step: StepRecord; told?: string }): Promise<void> {
  const reason = `step ${step.id} (${step.action}) was begun, cannot be repeated, and its outcome is unknown`;
  await finish(engine, stint, { phase: 'interrupted', reason: told === undefined ? reason : `${reason}: ${told}` });
}

async function failedApply(engine: Engine, stint: Stint, { step, error }: { step: StepRecord; error: unknown }): Promise<void> {
  const { held } = stint;
  const stop = error instanceof FixpointError ? error.details['stop'] : undefined;
  if (codeOf(error) === 'run.stale-fence') throw error;
  if (stop === 'resolved') return await stopResolved(engine, stint, { step, reason: messageOf(error) });
  if (stop === 'cancelled') return await endEarly(engine, stint, { phase: 'cancelled', reason: messageOf(error) });
  if (codeOf(error) === 'cancelled') {
    if (step.effect === 'once' && step.state === 'applying') return await unknownOutcome(engine, stint, { step });
    // Paused between admission and effect: ask the guards again, who will say until when.
    delete stint.admitted;
    return;
  }
  if (
    codeOf(error) === 'timeout' &&
    step.startedAt !== undefined &&
    stint.admitted !== undefined &&
    held.now - stint.admitted.at > engine.timing.admissionAge
  ) {
    delete stint.admitted;
  }
  const isUncertain = step.effect === 'once' && step.state === 'applying' && error instanceof FixpointError && error.retryable;
  if (isUncertain) return await unknownOutcome(engine, stint, { step, told: messageOf(error) });
  const reason = `step ${step.id} (${step.action}): ${messageOf(error)}`;
  if (codeOf(error) === 'target.changed' && !othersActed(stint, step)) return await finish(engine, stint, { phase: 'superseded', reason });
  await retry(engine, stint, {
    error,
    doing: `step ${step.id} (${step.action})`,
    orElse: () => failStep(engine, stint, { step, error, reason }),
  });
}

/** The alert is over: what has been begun is looked at and verified, nothing else is done. */
async function stopResolved(engine: Engine, stint: Stint, { step, reason }: { step: StepRecord; reason: string }): Promise<void> {
  const { held } = stint;
  const refusal: DecisionRecord = { guard: 'stillFiring', decision: 'supersede', reason, at: held.now };
  const run = { ...held.run, decisions: mergeDecisions(held.run.decisions, [refusal]) };
  if (step.state === 'applying' && step.effect === 'once') return await unknownOutcome(engine, stint, { step });
  if (step.state === 'applying') return await lookWhetherDone(engine, stint, { step, run, refusal });
  await stopHere(engine, stint, { run, refusal });
}

function othersActed({ held }: Stint, step: StepRecord): boolean {
  const rungs = held.run.rungs.map((rung) => ({
    ...rung,
    steps: rung.steps.filter((other) => other.id !== step.id || other.state !== 'applying'),
  }));
  return hasActed({ ...held.run, rungs });
}

async function failStep(
  engine: Engine,
  stint: Stint,
  { step, error, reason }: { step: StepRecord; error: unknown; reason: string },
): Promise<void> {
  const failed: StepRecord = {
    ...step,
    state: step.optional ? 'skipped' : 'failed',
    error: { code: codeOf(error), message: messageOf(error) },
    finishedAt: stint.held.now,
  };
  await commitStep(stint, failed, 'step-failed');
  if (!step.optional) await failRung(engine, stint, inError(stint, currentRung(stint), reason));
}

function unbegun({ startedAt: _begun, ...step }: StepRecord): StepRecord {
  return { ...step, state: 'planned' };
}
