import { FixpointError } from '../errors.ts';
import { isTerminal } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import { urgencyOf } from '../value/urgency.ts';
import { dispatchRuns } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { makeUndo, undoableRungs } from './undo-run.ts';
import { assertRunWithin, type Wisher } from './within.ts';

/** How often one run's changes can be asked to be taken back. */
const most = 20;

/**
 * A person wants a run's changes taken back now: the undo run that waits is let go, else one is made of all that has not been
 * taken back. Answers its id; throws `run.unknown`, `run.conflict` and `auth.forbidden`.
 */
export async function undoByHand(engine: Engine, id: string, wish: Wisher & { readonly reason: string }): Promise<string> {
  const { by, reason } = wish;
  const run = await found(engine, id);
  assertRunWithin(run, wish);
  refuseUnfit(run);
  const at = await engine.store.time();
  const { live, succeeded, taken } = await undosOf(engine, run);
  if (live !== undefined) {
    await engine.store.signal(live, { kind: 'undo', by, reason, at });
    await engine.dispatches.add({ id: `${live}-${engine.ids.next()}`, data: { run: live }, urgency: 'normal' });
    return live;
  }
  const rungs = undoableRungs(run).filter((index) => !succeeded.has(index));
  if (rungs.length === 0) throw new FixpointError('run.conflict', `run ${id} has nothing to take back: ${whyNothing(run, succeeded)}`);
  if (taken >= most) throw new FixpointError('run.conflict', `run ${id} has been tried to be taken back ${most} times; do it by hand`);
  const made = makeUndo(engine, run, { id: `${id}-undo-by-hand-${taken + 1}`, rungs, cause: 'person', afterMs: 0, at, by, reason });
  const [created] = await engine.store.createRuns([made]);
  if (created === undefined)
    throw new FixpointError('run.conflict', `somebody else has just asked to take back run ${id}; look at its undo run`);
  await dispatchRuns(engine, [{ id: created, sequence: 0, urgency: urgencyOf(run) }]);
  return created;
}

async function found(engine: Engine, id: string): Promise<Run> {
  const stored = await engine.store.run(id);
  if (stored === undefined) throw new FixpointError('run.unknown', `there is no run ${id}`);
  return stored.run;
}

function refuseUnfit(run: Run): void {
  if (run.kind === 'undo')
    throw new FixpointError('run.conflict', `run ${run.id} is itself an undo; replay ${run.undoes ?? 'the run'} to make the change again`);
  if (!isTerminal(run.phase)) throw new FixpointError('run.conflict', `run ${run.id} is ${run.phase}; cancel it first, then undo it`);
  if (run.phase === 'interrupted')
    throw new FixpointError(
      'run.conflict',
      `run ${run.id} was interrupted and keeps its targets; look at them, then acknowledge it, then undo it`,
    );
}

/** The undo runs there are: the live one, the rungs already taken back, and how many a person has asked for. */
async function undosOf(engine: Engine, run: Run): Promise<{ live?: string; succeeded: ReadonlySet<number>; taken: number }> {
  const succeeded = new Set<number>();
  let live: string | undefined;
  const look = async (id: string): Promise<boolean> => {
    const undo = (await engine.store.run(id))?.run;
    if (undo === undefined) return false;
    if (!isTerminal(undo.phase)) live = id;
    if (undo.phase === 'succeeded') for (const { of } of undo.rungs) if (of !== undefined) succeeded.add(of);
    return true;
  };
  for (const id of [`${run.id}-undo`, ...run.rungs.flatMap(({ undo }) => undo?.run ?? [])]) await look(id);
  let taken = 0;
  while (taken < most && (await look(`${run.id}-undo-by-hand-${taken + 1}`))) taken += 1;
  return { succeeded, taken, ...(live === undefined ? {} : { live }) };
}

function whyNothing(run: Run, succeeded: ReadonlySet<number>): string {
  if (succeeded.size > 0) return 'it has been taken back already';
  const acted = run.rungs.flatMap(({ steps }) => steps).filter(({ startedAt, effect }) => effect !== 'read' && startedAt !== undefined);
  if (acted.length === 0) return 'it has changed nothing';
  return `${acted.map(({ id, action }) => `step ${id} (${action})`).join(', ')} cannot be taken back`;
}
