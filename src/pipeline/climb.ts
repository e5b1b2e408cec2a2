import type { Run, RungRecord } from '../run/run.ts';
import { urgencyOf } from '../value/urgency.ts';
import { dispatchRuns } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { finish } from './finish.ts';
import { entryOf, withRung, type Stint } from './stint.ts';
import { makeUndo, releaseTargets, undoableRungs } from './undo-run.ts';

/** How often a run looks whether what it did has been taken back, ms; the undo run's end wakes it before. */
const lookAgain = 5000;

/** Records how the rung ended and goes on to plan the next. */
export async function climb(engine: Engine, stint: Stint, { rung, reason }: { rung: RungRecord; reason: string }): Promise<void> {
  const { held } = stint;
  const run = nextRung(engine, stint, rung);
  await held.enter('planning', `${rung.remediation}: ${reason}`, { run, entries: [ended(held.run, rung, reason)] });
}

/**
 * The rung did not help, or could not be applied: what it changed is taken back first where it says so, then the next rung is
 * planned, unless it stops the ladder.
 */
export async function failRung(engine: Engine, stint: Stint, failed: RungRecord): Promise<void> {
  delete stint.admitted;
  const { held } = stint;
  const reason = failed.reason ?? 'failed';
  const rung: RungRecord = { ...failed, state: 'failed' };
  if (held.run.kind === 'undo') return await finish(engine, stint, { phase: 'failed', reason, run: withRung(held.run, rung) });
  const run = withRung(held.run, rung);
  if (rung.undo?.when !== 'failed' || !undoableRungs(run).includes(run.rung)) return await climb(engine, stint, { rung, reason });
  await takeBack(engine, stint, rung);
}

/** An undo run takes the rung's change back, and this one waits for its end before it climbs. */
async function takeBack(engine: Engine, stint: Stint, rung: RungRecord): Promise<void> {
  const { held } = stint;
  const { rung: index } = held.run;
  const id = `${held.run.id}-undo-${index + 1}`;
  const marked: RungRecord = { ...rung, undo: { when: 'failed', afterMs: 0, run: id } };
  const made = makeUndo(engine, withRung(held.run, marked), { id, rungs: [index], cause: 'failed', afterMs: 0, at: held.now });
  const next = nextRung(engine, stint, marked);
  const until = Math.min(next.expiresAt, made.run.expiresAt);
  await held.wait(
    { ...next, waiting: { guard: 'undo', until, resume: 'planning', since: held.now } },
    {
      reason: `waits until ${rung.remediation} is taken back: ${rung.reason ?? 'failed'}`,
      entries: [ended(held.run, rung, rung.reason ?? 'failed')],
      wakeAt: held.now + lookAgain,
      creates: [made],
    },
  );
  await releaseTargets(engine, held.run);
  await dispatchRuns(engine, [{ id, sequence: 0, urgency: urgencyOf(held.run) }]);
}

/** Acting and verifying may take as long as the rule says: what is left of the ladder has the run's whole life from then on. */
function nextRung({ timing }: Engine, { held, rule }: Stint, rung: RungRecord): Run {
  const { approval: _answered, trying: _tried, ...run } = withRung(held.run, rung);
  const expiresAt = rung.startedAt === undefined ? run.expiresAt : Math.max(run.expiresAt, held.now + timing.runLife);
  return { ...run, expiresAt, rung: rung.stops === true ? rule.ladder.length : run.rung + 1 };
}

function ended(run: Run, rung: RungRecord, reason: string) {
  return entryOf(run, 'rung-ended', { rung: run.rung, remediation: rung.remediation, state: rung.state, reason });
}
