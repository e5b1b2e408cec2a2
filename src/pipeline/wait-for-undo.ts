import { isTerminal, type TerminalPhase } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import type { Engine } from './engine.ts';
import { finish } from './finish.ts';
import { waitLonger } from './wait-longer.ts';
import type { Stint } from './stint.ts';
import { releaseTargets } from './undo-run.ts';

/** Goes on to the next rung once what the failed one changed has been taken back; stops where that could not be done. */
export async function waitForUndo(engine: Engine, stint: Stint): Promise<void> {
  const { held } = stint;
  const { run } = held;
  const index = run.rungs.findLastIndex(({ undo }) => undo?.run !== undefined && undo.outcome === undefined);
  const undoId = run.rungs[index]?.undo?.run;
  if (undoId === undefined) return await held.enter('planning', 'nothing is being taken back', { run });
  const stored = await engine.store.run(undoId);
  if (stored !== undefined && !isTerminal(stored.run.phase)) {
    // A worker that died right after making the undo run has left the locks behind.
    await releaseTargets(engine, run);
    return await waitLonger(stint, `waits for ${undoId}, which is ${stored.run.phase}: ${stored.run.reason}`);
  }
  const outcome: TerminalPhase = stored === undefined || !isTerminal(stored.run.phase) ? 'expired' : stored.run.phase;
  const known = withOutcome(run, index, outcome);
  const remediation = run.rungs[index]?.remediation ?? 'the rung before';
  // Superseded: somebody else has changed it since, and it is theirs.
  if (outcome === 'succeeded' || outcome === 'superseded')
    return await held.enter('planning', `${remediation}: taking it back ${outcome}`, { run: known });
  const reason = `${remediation} did not help and could not be taken back (${undoId} ${outcome}${stored === undefined ? '' : `: ${stored.run.reason}`})`;
  await finish(engine, stint, { phase: 'failed', reason, run: known });
}

function withOutcome(run: Run, index: number, outcome: TerminalPhase): Run {
  const rungs = run.rungs.map((rung, at) =>
    at !== index || rung.undo === undefined ? rung : { ...rung, undo: { ...rung.undo, outcome } },
  );
  return { ...run, rungs };
}
