import type { Claimable, Refusal } from '../ports/ledger.ts';
import { formatDuration } from '../value/duration.ts';
import { formatRate } from '../value/rate.ts';

/** The reason a person reads. `holder` is the run that has the lock, or has ended, the newer fence, why a flag was put up, or what a tally has counted. */
export function refusalReason(refusal: Refusal, claim: Claimable, holder: string | undefined): string {
  switch (refusal) {
    case 'cooldown':
      return `${claim.key.startsWith('cooldown/rule/') ? 'the rule on this subject' : withoutKind(claim)} is cooling down`;
    case 'rate':
      return claim.kind === 'rate' ? `rate ${formatRate(claim.rate)} of ${scopeOf(claim)} is used up` : 'a rate is used up';
    case 'attempts':
      return claim.kind === 'attempts' ? `all ${claim.max} attempts of the incident are used` : 'all attempts are used';
    case 'lock':
      return `${withoutKind(claim)} is held by run ${holder}`;
    case 'quarantine':
      return `${withoutKind(claim)} is quarantined: the outcome of run ${holder} is unknown, a person must acknowledge it`;
    case 'fence':
      return `a newer worker (fence ${holder}) has asked for this run`;
    case 'ended':
      return `run ${holder} has ended`;
    case 'slot':
      return claim.kind === 'slot' ? `all ${claim.max} places of ${scopeOf(claim)} are taken` : 'all places are taken';
    case 'tally':
      return claim.kind === 'tally'
        ? `${claim.key}: ${claim.limit.count} in ${formatDuration(claim.limit.window)}${holder === undefined ? '' : `, the last of them ${holder}`}`
        : 'it happened too often';
    case 'flag':
      return holder ?? `${claim.key} is flagged`;
    case 'spread':
      return claim.kind === 'spread'
        ? `${claim.limit.count} targets of ${claim.key} in ${formatDuration(claim.limit.window)} are as many as there may be`
        : 'too many targets';
    case 'growth':
      return `${claim.key}: as many targets are under way as have been mended so far, and one`;
    case 'storm':
      return `too many ${claim.key} at once: the sensor may be at fault`;
  }
}

/** What a key of the ledger is about: the target behind the kind of the claim. */
function withoutKind({ key }: Claimable): string {
  return key.replace(/^(cooldown|lock)\//, '');
}

/** What a rate or a number of places is for: `rule slow`, `target redis/cache`, or everything. */
function scopeOf({ key }: Claimable): string {
  const [, scope = '', name = ''] = /^(?:rate|slot)\/(\w+)\/(.*?)(?:\/\d+)?$/.exec(key) ?? [];
  return scope === '' ? key : scope === 'global' ? 'everything' : `${scope} ${name}`;
}
