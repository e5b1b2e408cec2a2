import type { Run, RungRecord } from '../run/run.ts';
import { admit } from './admission.ts';
import type { Engine } from './engine.ts';
import { admittedEntry } from './admitted-entry.ts';
import { mergeDecisions } from './merge-decisions.ts';
import { planHash } from './plan-hash.ts';
import { reachOf } from './reach.ts';
import { refuse } from './refuse.ts';
import { entryOf, withRung, type Stint } from './stint.ts';

/** Asks the guards; admitted, the intents are written and the rung begins, refused the run waits or ends. */
export async function admitRung(engine: Engine, stint: Stint, rung: RungRecord): Promise<void> {
  const { held, rule } = stint;
  const known = withoutStaleApproval(held.run, rung);
  const run = withRung(known, rung);
  const reach = reachOf(engine, rung);
  const admission = await admit(engine, {
    run,
    incident: held.incident,
    rule,
    ...reach,
    mode: rung.mode,
    fence: held.fence,
    now: held.now,
    signal: held.signal,
    kind: 'acquire',
  });
  const decided = { ...run, decisions: mergeDecisions(run.decisions, admission.decisions) };
  const planned = entryOf(run, 'planned', { rung: run.rung, remediation: rung.remediation, changes: changesOf(rung) });
  if (admission.refusal !== undefined) return await refuse(engine, stint, { run: decided, refusal: admission.refusal, entries: [planned] });
  stint.admitted = { at: held.now, targets: reach.targets };
  const begun: RungRecord = { ...rung, state: 'applying', startedAt: held.now, steps: markFirst(rung, held.now) };
  const isUndo = run.kind === 'undo';
  await held.enter(isUndo ? 'undoing' : 'applying', `${isUndo ? 'takes back' : 'applying'} ${rung.remediation}`, {
    run: withRung(isUndo ? decided : { ...decided, charged: true }, begun),
    entries: [
      planned,
      admittedEntry(run, admission.decisions),
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
