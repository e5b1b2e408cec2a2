import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { RungRecord, StepRecord } from '../run/run.ts';
import type { Engine } from './engine.ts';
import { actionOf } from './plan-rung.ts';
import { compiledRung, targetsOf, withRung, type Stint } from './stint.ts';
import { endUndoneRung } from './undone-rung.ts';

/** All that was to be applied is: the effect is waited for, or what comes after it begins. */
export async function startSettling(engine: Engine, stint: Stint, rung: RungRecord): Promise<void> {
  const { held } = stint;
  const compiled = compiledRung(stint);
  const timeout = (compiled?.timeout ?? 0) / engine.speed;
  const effectAt = rung.effectAt ?? held.now;
  const needsSettling = rung.steps.some((step) => isSettling(engine, step));
  const isUndo = held.run.kind === 'undo';
  if (isUndo && !needsSettling) return await endUndoneRung(stint, { ...rung, state: 'succeeded', effectAt });
  const verifyWithin = isUndo ? 0 : (compiled?.verify.within ?? 0) / engine.speed;
  const next: RungRecord = needsSettling
    ? { ...rung, state: 'settling', effectAt, settleUntil: effectAt + timeout }
    : { ...rung, state: 'verifying', effectAt, verifyUntil: held.now + verifyWithin };
  const locks = targetsOf(rung).map((target) => ledgerKeys.lock(target));
  // Others stay off while the effect works; the end is absolute, so that a lost worker cannot keep them off for ever.
  const reserved = await engine.ledger.extend(held.run.id, locks, timeout + verifyWithin + engine.timing.lease);
  if (!reserved) engine.log.warn({ runId: held.run.id }, 'a lock was lost before verification');
  await held.enter(
    isUndo ? 'undoing' : needsSettling ? 'settling' : 'verifying',
    needsSettling ? `waits for ${rung.remediation} to take effect` : `verifies ${rung.remediation}`,
    { run: withRung(held.run, next) },
  );
}

/** Applied, and of a kind whose effect takes time to be complete. */
function isSettling(engine: Engine, step: StepRecord): boolean {
  return step.state === 'applied' && actionOf(engine, step.action).settled !== undefined;
}
