import { strictestMode, type Mode } from '../rule/mode.ts';
import type { Run, RungRecord } from '../run/run.ts';
import { admit } from './admission.ts';
import { admitRung } from './admit-rung.ts';
import type { Engine } from './engine.ts';
import { climb, failRung } from './climb.ts';
import { finish } from './finish.ts';
import { mergeDecisions } from './merge-decisions.ts';
import { noAnswer } from './no-answer.ts';
import { planRung } from './plan-rung.ts';
import { planHash } from './plan-hash.ts';
import { refuse } from './refuse.ts';
import { retry } from './retry.ts';
import { compiledRung, hasActed, targetsOf, type Stint } from './stint.ts';

const nothing = 'nothing to change';

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
      orElse: (reason) => {
        const failed = failedPlan(stint, reason);
        return withoutPlan(engine, stint, { mode: failed.mode, orElse: () => failRung(engine, stint, failed) });
      },
    });
  }
  const isOnlyPlanned = strictestMode(held.run.mode, rung.mode) === 'plan';
  if (rung.state === 'empty' && !isOnlyPlanned && isLastHope(stint))
    return await withoutPlan(engine, stint, { mode: rung.mode, orElse: () => climb(engine, stint, { rung, reason: nothing }) });
  if (rung.state === 'empty' || isOnlyPlanned)
    return await climb(engine, stint, { rung, reason: rung.state === 'empty' ? nothing : 'planned' });
  await admitRung(engine, stint, approvedPlan(held.run, rung) ?? rung);
}

/** Whether the run ends by this rung without having done anything. */
function isLastHope({ held: { run }, rule }: Stint): boolean {
  return run.rung === rule.ladder.length - 1 && !hasActed(run);
}

interface Unplanned {
  readonly mode: Mode;
  readonly orElse: () => Promise<void>;
}

/**
 * Where the alert is over, or something else has to end first, there is nothing to fail at: what has no plan now may have one then.
 * What is not to be done now in any case is denied, as it would be with a plan.
 */
async function withoutPlan(engine: Engine, stint: Stint, { mode, orElse }: Unplanned): Promise<void> {
  const { held, rule } = stint;
  const { run } = held;
  if (mode === 'plan') return await orElse();
  const { refusal, decisions } = await admit(engine, {
    run,
    incident: held.incident,
    rule,
    targets: [],
    affected: [],
    effects: [],
    mode,
    fence: held.fence,
    now: held.now,
    signal: held.signal,
    kind: 'unplanned',
  });
  const isUnanswered = refusal?.decision === 'deny' && refusal.reason.startsWith(noAnswer);
  if (refusal === undefined || isUnanswered) return await orElse();
  await refuse(engine, stint, { run: { ...run, decisions: mergeDecisions(run.decisions, decisions) }, refusal, entries: [] });
}

/** The plan a person has approved, if the world still is as it was when they saw it. */
function approvedPlan(run: Run, fresh: RungRecord): RungRecord | undefined {
  const shown = run.rungs[run.rung];
  return shown !== undefined && run.approval?.answer?.approved === true && run.approval.plan === planHash(run, fresh) ? shown : undefined;
}

function failedPlan({ held, rule }: Stint, reason: string): RungRecord {
  const compiled = rule.ladder[held.run.rung];
  return {
    remediation: compiled?.remediation ?? 'unknown',
    mode: strictestMode(held.run.mode, compiled?.mode ?? 'plan'),
    state: 'failed',
    params: {},
    steps: [],
    verdicts: [],
    reason,
  };
}

async function endOfLadder(engine: Engine, stint: Stint): Promise<void> {
  const { run } = stint.held;
  const failed = run.rungs.filter((rung) => rung.state === 'failed');
  const planned = run.rungs.filter((rung) => rung.state === 'planned');
  const last = failed.at(-1);
  const isOnlyPlanned = planned.length > 0 && (run.mode === 'plan' || planned.length === run.rungs.length);
  if (!hasActed(run) && isOnlyPlanned) {
    // What comes after an act may have no plan while nothing has been done.
    const without = last === undefined ? '' : `; ${last.remediation} cannot be planned now: ${last.reason ?? 'failed'}`;
    return await finish(engine, stint, { phase: 'planned', reason: `planned, not applied: mode plan${without}` });
  }
  const reason = last === undefined ? nothingToChange(planned) : exhausted(last);
  await finish(engine, stint, { phase: run.mode === 'plan' && last === undefined ? 'planned' : 'failed', reason });
}

function nothingToChange(planned: readonly RungRecord[]): string {
  return planned.length === 0
    ? 'nothing to change in any rung of the ladder'
    : `nothing to change in the rungs that may act; ${planned.map(({ remediation }) => remediation).join(', ')} is only planned`;
}

function exhausted({ stops, remediation, reason }: RungRecord): string {
  return `${stops === true ? 'stopped there' : 'ladder exhausted'}; ${remediation}: ${reason ?? 'failed'}`;
}
