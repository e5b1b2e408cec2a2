import { admit } from './admission.ts';
import type { Engine } from './engine.ts';
import type { Phase } from '../run/phase.ts';
import type { RungRecord } from '../run/run.ts';
import { mergeDecisions } from './merge-decisions.ts';
import { reachOf } from './reach.ts';
import { refuse } from './refuse.ts';
import type { Stint } from './stint.ts';
import { waitForQuiet } from './wait-for-quiet.ts';
import { waitForUndo } from './wait-for-undo.ts';

/** Asks the guards, without taking anything, whether a deferred run may go on; it then plans afresh, for the world has moved. */
export async function waitStage(engine: Engine, stint: Stint): Promise<void> {
  const { held, rule } = stint;
  const { run } = held;
  if (run.waiting?.guard === 'undo') return await waitForUndo(engine, stint);
  if (run.waiting?.guard === 'resolved') return await waitForQuiet(engine, stint);
  const rung = run.rungs[run.rung];
  const resume = run.waiting?.resume ?? 'planning';
  const admission = await admit(engine, {
    run,
    incident: held.incident,
    rule,
    ...(rung === undefined ? { targets: [], affected: [], effects: [] } : reachOf(engine, rung)),
    mode: rung?.mode ?? run.mode,
    fence: held.fence,
    now: held.now,
    signal: held.signal,
    kind: rung === undefined ? 'unplanned' : 'peek',
  });
  const decided = { ...run, decisions: mergeDecisions(run.decisions, admission.decisions) };
  if (admission.refusal === undefined)
    return await held.enter(resume, `${run.waiting?.guard ?? 'the guards'} no longer stand in the way`, { run: decided });
  // What is half done is looked at, verified and taken back by the stage it was in, whatever a guard says by now.
  if (isMidRung(resume, rung) && admission.refusal.decision !== 'defer')
    return await held.enter(resume, `${admission.refusal.guard}: ${admission.refusal.reason}`, { run: decided });
  await refuse(engine, stint, { run: decided, refusal: admission.refusal, entries: [] });
}

function isMidRung(resume: Phase, rung: RungRecord | undefined): boolean {
  return resume === 'applying' || (resume === 'undoing' && rung?.state === 'applying');
}
