import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { OutboxMessage } from '../ports/people-store.ts';
import type { Incident } from '../run/incident.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { TerminalPhase } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import { parseTarget, type Target } from '../value/target.ts';
import { messageOf } from '../errors.ts';
import { urgencyOf } from '../value/urgency.ts';
import type { Engine } from './engine.ts';
import { escalationOf } from './escalation.ts';
import { lateAsker } from './late-asker.ts';
import { noteOutcome } from './note-outcome.ts';
import type { Stint } from './stint.ts';
import { entryOf } from './stint.ts';
import { traceRun } from './traced-run.ts';
import { undoOnceResolved } from './undo-run.ts';

/** Least time between a failed attempt and a look for the next, ms. */
const betweenAttempts = 30_000;

/** How long after a run was superseded, by a silence say, the engine looks whether the alert may be acted upon now, ms. */
const silenceLook = 300_000;

export interface Ending {
  readonly phase: TerminalPhase;
  readonly reason: string;
  readonly run?: Run;
  readonly entries?: readonly JournalEntry[];
  /** The guard that denied, if one did. */
  readonly guard?: string;
  /** When the guard would allow it at the earliest, store time, ms. */
  readonly until?: number;
}

/** Ends a run: cooldowns first, then the record with the call to a person, then the locks. Safe to be cut off anywhere. */
export async function finish(engine: Engine, stint: Stint, ending: Ending): Promise<void> {
  const { phase } = ending;
  const { held, rule } = stint;
  const run = ending.run ?? held.run;
  const targets = touchedTargets(run);
  // What follows is written before the fenced commit: a worker that has lost its run must not get there.
  await held.confirm();
  if (run.charged) {
    const cooldown = Math.max(rule.guards.cooldown ?? 0, engine.rulebook().rule(run.rule)?.guards.cooldown ?? 0);
    const group = run.siblings === undefined ? {} : { group: run.siblings.group };
    await engine.ledger.cool([
      ...(cooldown === 0 ? [] : [{ key: ledgerKeys.ruleCooldown(run.rule, run.subject), length: cooldown }]),
      ...targets.map((target) => ({ key: ledgerKeys.targetCooldown(target), length: engine.timing.targetCooldown, ...group })),
    ]);
  }
  // A run that could not even be planned is a failure of its rule as well.
  const isNoted = run.kind === 'remediation' && (run.charged || phase === 'failed');
  const demoted = isNoted ? await noteOutcome(engine, { rule, run }, phase) : [];
  const escalation = escalationOf(
    { ...run, phase, reason: ending.reason },
    { ...rule.escalate, ...(ending.guard === undefined ? {} : { guard: ending.guard }) },
  );
  const isKnown = run.kind === 'remediation' && phase !== 'interrupted' && isCalled(held.incident);
  // The store knows best whether somebody has acknowledged meanwhile; it calls once.
  const outbox: readonly OutboxMessage[] = escalation === undefined ? [] : [escalation];
  const wakeAt = run.kind === 'undo' ? undefined : nextLook(engine, stint, ending);
  // What was done is to be taken back later, unless nobody knows what was done.
  const isUndoable = run.kind === 'remediation' && phase !== 'interrupted';
  const undo = isUndoable ? await undoOnceResolved(engine, run, held.now) : undefined;
  const locks = targets.map(ledgerKeys.lock);
  if (phase === 'interrupted' && locks.length > 0) await engine.ledger.quarantine(run.id, locks);
  await held.enter(phase, ending.reason, {
    run,
    entries: [
      ...(ending.entries ?? []),
      ...demoted,
      ...(isKnown ? [] : outbox).map((message) => entryOf(run, 'escalated', { title: message.title, severity: message.severity })),
      ...(run.undoes === undefined
        ? []
        : [{ ...entryOf(run, 'undo-ended', { undo: run.id, outcome: phase, reason: ending.reason }), run: run.undoes }]),
    ],
    release: {},
    outbox,
    ...(wakeAt === undefined ? {} : { incidentWakeAt: wakeAt }),
    ...(undo === undefined ? {} : { creates: [undo.made] }),
  });
  if (phase !== 'interrupted' && locks.length > 0) await engine.ledger.settle(run.id, locks, lateAsker);
  count(engine, held.run);
  traceRun(engine, held.run);
  await tellOthers(engine, held.run, undo);
}

/** Wakes who has waited for this run's end: a lost word is made good by their looking again. */
async function tellOthers(engine: Engine, run: Run, undo: Awaited<ReturnType<typeof undoOnceResolved>>): Promise<void> {
  try {
    for (const older of undo?.takenOver ?? [])
      await engine.store.signal(older.id, { kind: 'taken-over', by: undo?.made.run.id ?? '', at: run.updatedAt });
    const { runs } = await engine.store.runs({ phase: 'waiting', subject: run.subject, limit: 20 });
    const waiting = runs.filter((other) => other.waiting !== undefined && other.waiting.guard !== 'resolved');
    await engine.dispatches.addAll(
      waiting.map((other) => ({ id: `${other.id}-${run.id}`, data: { run: other.id }, urgency: urgencyOf(other) })),
    );
  } catch (error) {
    engine.log.warn({ runId: run.id, reason: messageOf(error) }, 'others could not be told of the end of this run');
  }
}

/** A person was called about the incident and has not said since that they have seen it. */
function isCalled(incident: Incident | undefined): boolean {
  return incident?.escalatedAt !== undefined && (incident.acknowledgedAt === undefined || incident.acknowledgedAt < incident.escalatedAt);
}

/** When the engine looks at the incident again: for a next attempt, or to see that success lasted. */
function nextLook(engine: Engine, { held, rule }: Stint, { phase, guard, until }: Ending): number | undefined {
  switch (phase) {
    case 'succeeded':
      return held.now + (rule.ladder[held.run.rung]?.verify.resolve ?? 0) / engine.speed;
    case 'failed':
      return held.now + Math.max(rule.guards.cooldown ?? 0, held.run.charged ? betweenAttempts : rarer(held.run.attempt));
    case 'denied':
      return guard === 'cooldown' || guard === 'rate' ? (until ?? held.now + Math.max(rule.guards.cooldown ?? 0, 1000)) : undefined;
    case 'superseded':
      return held.now + Math.max(betweenAttempts, rule.flap, silenceLook / engine.speed);
    // What a pause or another run has held up for too long may go on when that is over; nobody's answer is an answer.
    case 'expired':
      return held.run.waiting === undefined ? undefined : held.now + betweenAttempts;
    // The rule may be trusted with more by then.
    case 'planned':
    case 'observed':
      return held.now + silenceLook / engine.speed;
    case 'cancelled':
    case 'interrupted':
      return undefined;
  }
}

/** Attempts that never come to act, for there is nothing to change or nothing can be planned, are made more and more rarely, ms. */
function rarer(attempt: number): number {
  return Math.min(3_600_000, betweenAttempts * 2 ** Math.min(attempt - 1, 10));
}

/** Targets of all rungs that planned to change something. */
function touchedTargets(run: Run): readonly Target[] {
  const names = new Set(
    run.rungs.flatMap((rung) => rung.steps.filter((step) => step.effect !== 'read' && step.changes.length > 0).map((step) => step.target)),
  );
  return [...names].map((name) => (name === undefined ? undefined : parseTarget(name))).filter((target) => target !== undefined);
}

function count(engine: Engine, run: Run): void {
  if (run.kind === 'undo') return engine.metrics.undo(run.rule, run.phase);
  const remediation = run.rungs.findLast((rung) => rung.state !== 'empty')?.remediation ?? 'none';
  const seconds = ((run.finishedAt ?? run.updatedAt) - run.createdAt) / 1000;
  engine.metrics.runEnded({ rule: run.rule, remediation, mode: run.mode, outcome: run.phase }, seconds);
  if (run.phase === 'succeeded') engine.metrics.timeToResolve(seconds);
}
