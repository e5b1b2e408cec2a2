import { alertStorm } from './alert-storm.ts';
import { approval } from './approval.ts';
import { attempts } from './attempts.ts';
import { blastRadius } from './blast-radius.ts';
import { concurrency } from './concurrency.ts';
import { cooldown } from './cooldown.ts';
import { failureBudget } from './failure-budget.ts';
import type { DescribedGuard } from './guard.ts';
import { holdWhile } from './hold-while.ts';
import { paused } from './paused.ts';
import { protectedTarget } from './protected-target.ts';
import { rate } from './rate.ts';
import { recurrence } from './recurrence.ts';
import { requires } from './requires.ts';
import { siblings } from './siblings.ts';
import { stillFiring } from './still-firing.ts';
import { targetLock } from './target-lock.ts';
import { window } from './window.ts';

/**
 * Every guard, in the order in which they are asked; those of the ledger last, all at once. Of several that refuse the first is
 * named: what ends a run before what asks a person, and that before what only waits.
 */
export const guards: readonly DescribedGuard[] = [
  paused,
  protectedTarget,
  siblings,
  window,
  approval,
  stillFiring,
  holdWhile,
  requires,
  cooldown,
  rate,
  attempts,
  recurrence,
  blastRadius,
  failureBudget,
  alertStorm,
  concurrency,
  targetLock,
];
