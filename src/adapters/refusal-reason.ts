import type { Claimable } from '../ports/ledger.ts';
import { formatRate } from '../value/rate.ts';

/** Why the ledger refused: the kind of claim, or what is the matter with who asks or who holds. */
export type Refusal = 'cooldown' | 'rate' | 'attempts' | 'lock' | 'quarantine' | 'fence';

/** The reason a person reads. `holder` is the run that has the lock, or the newer fence. */
export function refusalReason(refusal: Refusal, claim: Claimable, holder: string | undefined): string {
  switch (refusal) {
    case 'cooldown':
      return `${claim.key} is cooling down`;
    case 'rate':
      return claim.kind === 'rate' ? `rate ${formatRate(claim.rate)} of ${claim.key} is used up` : 'a rate is used up';
    case 'attempts':
      return claim.kind === 'attempts' ? `all ${claim.max} attempts of ${claim.key} are used` : 'all attempts are used';
    case 'lock':
      return `${claim.key} is held by run ${holder}`;
    case 'quarantine':
      return `${claim.key} is quarantined: the outcome of run ${holder} is unknown, a person must acknowledge it`;
    case 'fence':
      return `a newer worker (fence ${holder}) has asked for this run`;
  }
}
