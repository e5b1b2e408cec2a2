import { approval } from './approval.ts';
import { attempts } from './attempts.ts';
import { cooldown } from './cooldown.ts';
import type { Guard } from './guard.ts';
import { holdWhile } from './hold-while.ts';
import { paused } from './paused.ts';
import { protectedTarget } from './protected-target.ts';
import { rate } from './rate.ts';
import { siblings } from './siblings.ts';
import { stillFiring } from './still-firing.ts';
import { targetLock } from './target-lock.ts';

/** Every guard, in the order in which they are asked: inside, outside, and last the ledger, all at once. */
export const guards: readonly Guard[] = [
  paused,
  protectedTarget,
  siblings,
  approval,
  stillFiring,
  holdWhile,
  cooldown,
  rate,
  attempts,
  targetLock,
];
