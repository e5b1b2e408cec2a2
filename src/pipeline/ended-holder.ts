import type { LedgerAnswer } from '../ports/ledger.ts';
import { isTerminal } from '../run/phase.ts';
import type { Engine } from './engine.ts';
import { lateAsker } from './late-asker.ts';

/**
 * A worker that dies between the end of its run and giving back locks and places leaves them behind: what an ended run holds is
 * free, but for locks of one whose outcome is unknown. True when something was freed, so that asking again makes sense.
 */
export async function freeEndedHolder(engine: Engine, given: LedgerAnswer): Promise<boolean> {
  if (given.outcome !== 'refused') return false;
  const { claim } = given;
  const locks = claim.kind === 'lock' ? [claim.key] : [];
  const holders = claim.kind === 'lock' && given.holder !== undefined ? [given.holder] : (given.holders ?? []);
  let isFreed = false;
  for (const id of holders) {
    const holder = (await engine.store.run(id))?.run;
    if (holder === undefined || !isTerminal(holder.phase) || holder.phase === 'interrupted') continue;
    await engine.ledger.settle(id, locks, lateAsker);
    isFreed = true;
  }
  return isFreed;
}
