import { FixpointError } from '../errors.ts';
import { ledgerKeys } from '../guards/ledger-keys.ts';
import { namespacesOf } from '../guards/namespaces.ts';
import { formatTarget, type Target } from '../value/target.ts';
import type { AskPermit, Engine } from './engine.ts';
import type { HeldRun } from './held-run.ts';

/** Lease wanted beyond a request's own timeout, and how old an answer may be when it is seen, ms: longer than Redis is waited for. */
const margin = 1000;

/**
 * The question before every mutating request of a rung: does this worker still hold the run, has nobody paused or cancelled
 * it, was it admitted lately, and is more lease left than the request may take.
 */
export function permitFor(
  engine: Engine,
  held: HeldRun,
  { targets, admittedAt }: { targets: readonly Target[]; admittedAt: number },
): AskPermit {
  const { run } = held;
  const subject = {
    rule: run.rule,
    source: run.source,
    namespaces: namespacesOf(targets),
    targets: targets.map(formatTarget),
    // An undo is for when the alert is over, and a replay has no incident.
    onlyWhileFiring: run.kind === 'remediation' && run.replayOf === undefined,
  };
  let isFirst = true;
  return async (neededMs = 0) => {
    held.signal.throwIfAborted();
    const local = engine.localPause();
    if (local !== undefined) throw new FixpointError('cancelled', local, { details: { stop: 'paused' } });
    const permit = await inTime(engine, engine.store.permit(run.id, held.fence, subject));
    if (permit.outcome === 'stale') throw new FixpointError('run.stale-fence', permit.reason);
    if (permit.outcome !== 'go') throw new FixpointError('cancelled', permit.reason, { details: { stop: permit.outcome } });
    if (isFirst && permit.time - admittedAt > engine.timing.admissionAge) {
      throw new FixpointError('timeout', 'too long ago since the guards allowed this; they are asked again', { details: { stop: 'late' } });
    }
    isFirst = false;
    if (permit.leaseLeft > neededMs + margin) return;
    // Locks first, and for longer: of a worker that dies in this request others stay off until somebody takes the run over.
    const locks = targets.map(ledgerKeys.lock);
    const areHeld = await inTime(engine, engine.ledger.extend(run.id, locks, neededMs + 3 * engine.timing.lease));
    if (!areHeld)
      throw new FixpointError('cancelled', 'a lock or a place was lost; the guards are asked again', { details: { stop: 'late' } });
    const renewed = await inTime(engine, engine.store.renew(run.id, held.fence, neededMs + engine.timing.lease));
    if (renewed === undefined) throw new FixpointError('run.stale-fence', `run ${run.id} was taken over`);
  };
}

/** A process that was frozen sees the answer to what it asked before first of all when it wakes: that was true then, not now. */
async function inTime<T>({ clock }: Pick<Engine, 'clock'>, answer: Promise<T>): Promise<T> {
  const askedAt = clock.now();
  const given = await answer;
  if (clock.now() - askedAt <= margin) return given;
  throw new FixpointError('timeout', 'the answer whether this may be done came too late to be true; it is asked again', {
    details: { stop: 'late' },
  });
}

/** Nothing may be changed: for finding out whether an interrupted effect is already there. */
export function closedPermit(reason: string): AskPermit {
  return () => Promise.reject(new FixpointError('cancelled', reason, { details: { stop: 'closed' } }));
}
