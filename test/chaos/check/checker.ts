import { notificationsAreKept } from './notifications.ts';
import { targetsAreHeldAlone } from './exclusion.ts';
import { limitsAreKept } from './limits.ts';
import { effectsHappenOnce } from './once.ts';
import { intentComesFirst } from './intent.ts';
import { staleWorkersDoNothing } from './stale.ts';
import { whatIsOverIsLeft } from './over.ts';
import { failedGuardsDeny } from './denial.ts';
import { everyRunEnds, everythingHasAReason, peopleAreCalled } from './endings.ts';
import { chronicleOf, type Evidence, type Invariant, type Violation } from './evidence.ts';

/** I1 to I10 of design.md, in order (I6 covers what a worker may do, I9 what must come to an end). */
const invariants: readonly Invariant[] = [
  notificationsAreKept,
  targetsAreHeldAlone,
  limitsAreKept,
  effectsHappenOnce,
  intentComesFirst,
  staleWorkersDoNothing,
  whatIsOverIsLeft,
  failedGuardsDeny,
  everyRunEnds,
  everythingHasAReason,
  peopleAreCalled,
];

export function check(evidence: Evidence): readonly Violation[] {
  const chronicle = chronicleOf(evidence);
  return invariants.flatMap((invariant) => invariant(evidence, chronicle));
}
