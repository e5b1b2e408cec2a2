import { FixpointError } from '../errors.ts';
import { namespacesOf } from '../guards/namespaces.ts';
import { formatTarget, type Target } from '../value/target.ts';
import type { AskPermit, Engine } from './engine.ts';
import type { HeldRun } from './held-run.ts';

/** Lease wanted beyond a request's own timeout, ms. */
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
    const permit = await engine.store.permit(run.id, held.fence, subject);
    if (permit.outcome === 'stale') throw new FixpointError('run.stale-fence', permit.reason);
    if (permit.outcome !== 'go') throw new FixpointError('cancelled', permit.reason, { details: { stop: permit.outcome } });
    if (isFirst && permit.time - admittedAt > engine.timing.admissionAge) {
      throw new FixpointError('timeout', 'too long ago since the guards allowed this; they are asked again', { details: { stop: 'late' } });
    }
    isFirst = false;
    if (permit.leaseLeft > neededMs + margin) return;
    const renewed = await engine.store.renew(run.id, held.fence, neededMs + engine.timing.lease);
    if (renewed === undefined) throw new FixpointError('run.stale-fence', `run ${run.id} was taken over`);
  };
}

/** Nothing may be changed: for finding out whether an interrupted effect is already there. */
export function closedPermit(reason: string): AskPermit {
  return () => Promise.reject(new FixpointError('cancelled', reason, { details: { stop: 'closed' } }));
}
