import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { NewRun } from '../ports/store.ts';
import { uidOf } from '../run/intent-uid.ts';
import { runVersion, type Restores, type Run, type RungRecord, type StepRecord, type UndoOrder } from '../run/run.ts';
import type { Engine } from './engine.ts';
import { recordEntry } from './record-entry.ts';
import { entryOf, hasActed, targetsOf } from './stint.ts';

/** How long an undo run may wait for its incident to be over, ms. */
const undoLife = 30 * 86_400_000;

/** Indexes of the rungs that have changed something which can be taken back and has not been. */
export function undoableRungs(run: Run): readonly number[] {
  return run.rungs.flatMap((rung, index) =>
    rung.undo?.outcome !== 'succeeded' && rung.steps.some((step) => restoresOf(step) !== undefined) ? [index] : [],
  );
}

export interface UndoRequest {
  readonly id: string;
  /** Indexes into the rungs of the run. */
  readonly rungs: readonly number[];
  readonly cause: UndoOrder['cause'];
  readonly afterMs: number;
  /** Store time, ms. */
  readonly at: number;
  /** Undo runs still waiting whose baseline this one inherits. */
  readonly pending?: readonly Run[];
  readonly by?: string;
  readonly reason?: string;
}

/** The undo run of a run's rungs, the last change first. One that waits for its incident to be over is made waiting. */
export function makeUndo(engine: Pick<Engine, 'actions' | 'speed' | 'timing'>, run: Run, request: UndoRequest): NewRun {
  const { id, rungs, cause, afterMs, at, pending = [] } = request;
  const { siblings: _siblings, approval: _approval, waiting: _waiting, trying: _trying, finishedAt: _end, recurred: _again, ...kept } = run;
  const expiresAt = at + undoLife;
  const undoRungs = rungs.toReversed().map((index) => undoRung(engine, run, { index, pending }));
  const names = rungs.map((index) => run.rungs[index]?.remediation ?? '').join(', ');
  const isLater = cause === 'resolved';
  const rules = rulesTakenOver(run, takenOver(pending, undoRungs));
  const undo: Run = {
    ...kept,
    version: runVersion,
    id,
    kind: 'undo',
    mode: 'auto',
    phase: isLater ? 'waiting' : 'queued',
    reason: isLater ? `takes back ${names} once the incident is over` : `takes back ${names}`,
    rung: 0,
    rungs: undoRungs,
    decisions: [],
    charged: false,
    createdAt: at,
    updatedAt: at,
    expiresAt,
    undoes: run.id,
    undo: { cause, afterMs, ...(rules.length === 0 ? {} : { rules }) },
    ...(isLater ? { waiting: { guard: 'resolved', until: expiresAt, resume: 'undoing' as const, since: at } } : {}),
  };
  const data = {
    undo: id,
    cause,
    remediations: names,
    ...(request.by === undefined ? {} : { by: request.by, reason: request.reason ?? '' }),
  };
  return { run: undo, entries: [entryOf(run, 'undo-scheduled', data), recordEntry('run-created', undo, data)] };
}

function undoRung(
  { actions }: Pick<Engine, 'actions'>,
  run: Run,
  { index, pending }: { index: number; pending: readonly Run[] },
): RungRecord {
  const rung = run.rungs[index];
  const acted = (rung?.steps ?? []).filter((step) => restoresOf(step) !== undefined);
  const isSame = (one: StepRecord, other: StepRecord): boolean =>
    one.target === other.target && one.inverse?.action === other.inverse?.action && whatsOf(one.changes) === whatsOf(other.changes);
  // Steps that change the same fields one after the other are taken back in one: to where they were before the first.
  const lasts = acted.filter((step, place) => !acted.slice(place + 1).some((later) => isSame(step, later)));
  const steps = lasts.toReversed().flatMap((step): StepRecord[] => {
    const restores = restoresOf(step);
    const same = acted.filter((other) => isSame(other, step));
    const inverse = same[0]?.inverse;
    if (restores === undefined || inverse === undefined) return [];
    const { id, target, timeoutMs } = step;
    const effect = actions.get(inverse.action)?.effect ?? 'converge';
    const baseline = oldestBaseline(pending, step);
    const back = { ...restores, with: baseline === undefined ? inverse.with : baseline.with, changes: asLeftBy(same) };
    return [
      {
        id,
        action: inverse.action,
        effect,
        optional: false,
        timeoutMs,
        state: 'pending',
        changes: [],
        restores: back,
        ...(target === undefined ? {} : { target }),
      },
    ];
  });
  return { remediation: rung?.remediation ?? 'unknown', mode: 'auto', state: 'pending', params: {}, steps, verdicts: [], of: index };
}

/** What a step that has acted, or may have, would be taken back to; undefined where it cannot be. */
function restoresOf({ effect, inverse, changes, startedAt, intent }: StepRecord): Restores | undefined {
  if (effect === 'read' || inverse === undefined || changes.length === 0 || startedAt === undefined) return undefined;
  const uid = uidOf(intent);
  return { with: inverse.with, changes, ...(uid === undefined ? {} : { uid }) };
}

/** As the last of them left the fields; where it may not have come to that, also as those before it did, back to one that is known to have acted. */
function asLeftBy(steps: readonly StepRecord[]): Restores['changes'] {
  const sure = steps.findLastIndex(({ state }) => state === 'applied' || state === 'settled');
  return steps
    .slice(Math.max(0, sure))
    .toReversed()
    .flatMap(({ changes }) => changes);
}

/** Where the same fields were before the first change that waits to be taken back: what lies between is nobody's wish. */
function oldestBaseline(pending: readonly Run[], step: StepRecord): Restores | undefined {
  const whats = whatsOf(step.changes);
  return pending
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .flatMap(({ rungs }) => rungs.flatMap(({ steps }) => steps))
    .find(
      (older) =>
        older.target === step.target &&
        older.action === step.inverse?.action &&
        older.restores !== undefined &&
        whatsOf(older.restores.changes) === whats,
    )?.restores;
}

/** Rules besides the run's own whose changes are taken back with it: their incidents have to be over, too. */
function rulesTakenOver({ rule }: Run, undos: readonly Run[]): readonly string[] {
  const rules = new Set(undos.flatMap((undo) => [undo.rule, ...(undo.undo?.rules ?? [])]));
  rules.delete(rule);
  return [...rules];
}

/** Undo runs of which every step is also a step of the new one: it has taken them over. */
function takenOver(pending: readonly Run[], rungs: readonly RungRecord[]): readonly Run[] {
  const steps = rungs.flatMap((rung) => rung.steps);
  const isCovered = (older: StepRecord): boolean =>
    steps.some(
      (step) =>
        step.target === older.target &&
        step.action === older.action &&
        whatsOf(step.restores?.changes) === whatsOf(older.restores?.changes),
    );
  return pending.filter((run) => run.rungs.every((rung) => rung.steps.every(isCovered)));
}

function whatsOf(changes: Restores['changes'] = []): string {
  return JSON.stringify([...new Set(changes.map(({ what }) => what))].toSorted());
}

/** Live undo runs of the subject that take back what was to be taken back once an incident is over. */
export async function liveUndos(engine: Engine, subject: string): Promise<readonly Run[]> {
  const found = await Promise.all(
    (['waiting', 'undoing'] as const).map(async (phase) => (await engine.store.runs({ phase, subject, limit: 100 })).runs),
  );
  return found.flat().filter(({ kind, undo }) => kind === 'undo' && undo?.cause === 'resolved');
}

/** Those of them that have changed nothing yet. */
async function pendingUndos(engine: Engine, subject: string): Promise<readonly Run[]> {
  return (await liveUndos(engine, subject)).filter((run) => !hasActed(run));
}

/** What takes back the rungs that say so once the incident is over; made with the commit that ends the run. */
export async function undoOnceResolved(
  engine: Engine,
  run: Run,
  at: number,
): Promise<{ made: NewRun; takenOver: readonly Run[] } | undefined> {
  const rungs = undoableRungs(run).filter((index) => run.rungs[index]?.undo?.when === 'resolved');
  if (rungs.length === 0) return undefined;
  const pending = await pendingUndos(engine, run.subject);
  const afterMs = Math.max(...rungs.map((index) => run.rungs[index]?.undo?.afterMs ?? 0)) / engine.speed;
  const made = makeUndo(engine, run, { id: `${run.id}-undo`, rungs, cause: 'resolved', afterMs, at, pending });
  return { made, takenOver: takenOver(pending, made.run.rungs) };
}

/** Lets the undo run have what the failed rung has locked. Safe to repeat. */
export async function releaseTargets(engine: Engine, run: Run): Promise<void> {
  const locks = run.rungs.flatMap((rung) => targetsOf(rung)).map(ledgerKeys.lock);
  await engine.ledger.release(run.id, locks);
}
