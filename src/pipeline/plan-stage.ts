import { strictestMode } from '../rule/mode.ts';
import type { Run, RungRecord } from '../run/run.ts';
import { admit } from './admission.ts';
import { mergeDecisions } from './merge-decisions.ts';
import type { Engine } from './engine.ts';
import { finish } from './finish.ts';
import { planRung } from './plan-rung.ts';
import { planHash } from './plan-hash.ts';
import { refuse } from './refuse.ts';
import { retry } from './retry.ts';
import { compiledRung, entryOf, hasActed, targetsOf, withRung, type Stint } from './stint.ts';

/** Plans the current rung, climbs where there is nothing to change, and asks the guards whether it may be applied. */
export async function planStage(engine: Engine, stint: Stint): Promise<void> {
  const { held, rule } = stint;
  const compiled = compiledRung(stint);
  if (compiled === undefined) return await endOfLadder(engine, stint);
  let rung: RungRecord;
  try {
    rung = await planRung(engine, { run: held.run, incident: held.incident, compiled, ruleValues: rule.values, signal: held.signal });
    targetsOf(rung);
  } catch (error) {
    held.signal.throwIfAborted();
    return await retry(engine, stint, {
      error,
      doing: `planning ${compiled.remediation}`,
      orElse: (reason) => failRung(stint, failedPlan(stint, reason)),
    });
  }
  const isOnlyPlanned = strictestMode(held.run.mode, rung.mode) === 'plan';
  if (rung.state === 'empty' || isOnlyPlanned) return await climb(stint, rung, rung.state === 'empty' ? 'nothing to change' : 'planned');
  await admitRung(engine, stint, approvedPlan(held.run, rung) ?? rung);
}

/** The plan a person has approved, if the world still is as it was when they saw it. */
function approvedPlan(run: Run, fresh: RungRecord): RungRecord | undefined {
  const shown = run.rungs[run.rung];
  return shown !== undefined && run.approval?.answer?.approved === true && run.approval.plan === planHash(run, fresh) ? shown : undefined;
}

async function admitRung(engine: Engine, stint: Stint, rung: RungRecord): Promise<void> {
  const { held, rule } = stint;
  const known = withoutStaleApproval(held.run, rung);
  const run = withRung(known, rung);
  const targets = targetsOf(rung);
  const admission = await admit(engine, {
    run,
    incident: held.incident,
    rule,
    targets,
    mode: rung.mode,
    fence: held.fence,
    now: held.now,
    signal: held.signal,
    kind: 'acquire',
  });
  const decided = { ...run, decisions: mergeDecisions(run.decisions, admission.decisions) };
  const planned = entryOf(run, 'planned', { rung: run.rung, remediation: rung.remediation, changes: changesOf(rung) });
  if (admission.refusal !== undefined) return await refuse(engine, stint, { run: decided, refusal: admission.refusal, entries: [planned] });
  stint.admitted = { at: held.now, targets };
  const begun: RungRecord = { ...rung, state: 'applying', startedAt: held.now, steps: markFirst(rung, held.now) };
  await held.enter('applying', `applying ${rung.remediation}`, {
    run: withRung({ ...decided, charged: true }, begun),
    entries: [
      planned,
      entryOf(run, 'intent', { rung: run.rung, steps: rung.steps.map(({ id, intent }) => ({ id, intent: intent ?? null })) }),
    ],
  });
}

function withoutStaleApproval(run: Run, rung: RungRecord): Run {
  if (run.approval === undefined || run.approval.plan === planHash(run, rung)) return run;
  const { approval: _stale, ...rest } = run;
  return rest;
}

/** The first step with an effect is marked in the same write as the intents, so that one write stands before the first effect. */
function markFirst(rung: RungRecord, at: number): RungRecord['steps'] {
  const first = rung.steps.find((step) => step.state === 'planned' && step.changes.length > 0);
  return rung.steps.map((step) => (step === first ? { ...step, state: 'applying', startedAt: at } : step));
}

function changesOf(rung: RungRecord) {
  return rung.steps.flatMap((step) =>
    step.changes.map((change) => ({ step: step.id, target: step.target ?? null, what: change.what, from: change.from, to: change.to })),
  );
}

function failedPlan({ held, rule }: Stint, reason: string): RungRecord {
  const compiled = rule.ladder[held.run.rung];
  return {
    remediation: compiled?.remediation ?? 'unknown',
    mode: compiled?.mode ?? 'plan',
    state: 'failed',
    params: {},
    steps: [],
    verdicts: [],
    reason,
  };
}

/** Records how the rung ended and goes on to plan the next. */
async function climb(stint: Stint, rung: RungRecord, reason: string): Promise<void> {
  const { held } = stint;
  const { approval: _answered, trying: _tried, ...run } = withRung(held.run, rung);
  await held.enter('planning', `${rung.remediation}: ${reason}`, {
    run: { ...run, rung: run.rung + 1 },
    entries: [entryOf(run, 'rung-ended', { rung: run.rung, remediation: rung.remediation, state: rung.state, reason })],
  });
}

export async function failRung(stint: Stint, rung: RungRecord): Promise<void> {
  delete stint.admitted;
  await climb(stint, { ...rung, state: 'failed' }, rung.reason ?? 'failed');
}

async function endOfLadder(engine: Engine, stint: Stint): Promise<void> {
  const { run } = stint.held;
  const failed = run.rungs.filter((rung) => rung.state === 'failed');
  if (!hasActed(run) && failed.length === 0 && run.rungs.some((rung) => rung.state === 'planned')) {
    return await finish(engine, stint, { phase: 'planned', reason: `planned, not applied: mode ${run.mode}` });
  }
  const last = failed.at(-1);
  const reason =
    last === undefined
      ? 'nothing to change in any rung of the ladder'
      : `ladder exhausted; ${last.remediation}: ${last.reason ?? 'failed'}`;
  await finish(engine, stint, { phase: run.mode === 'plan' && last === undefined ? 'planned' : 'failed', reason });
}
