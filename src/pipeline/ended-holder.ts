import type { LedgerAnswer } from '../ports/ledger.ts';
import { isTerminal } from '../run/phase.ts';
import type { Engine } from './engine.ts';

/**
 * A worker that dies between the end of its run and giving back the locks leaves them behind: what an ended run holds is free,
 * unless its outcome is unknown. True when something was freed, so that asking again makes sense.
 */
export async function freeEndedHolder(engine: Engine, given: LedgerAnswer): Promise<boolean> {
  if (given.outcome !== 'refused' || given.claim.kind !== 'lock' || given.holder === undefined) return false;
  const holder = (await engine.store.run(given.holder))?.run;
  if (holder === undefined || !isTerminal(holder.phase) || holder.phase === 'interrupted') return false;
  await engine.ledger.release(holder.id, [given.claim.key]);
  return true;
}
