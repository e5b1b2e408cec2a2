import type { Claimable, Note, Refusal, Standing } from '../../ports/ledger.ts';
import type { Duration } from '../../value/duration.ts';

export interface Refused {
  readonly refusal: Refusal;
  readonly until?: number | undefined;
  readonly holder?: string;
  readonly holders?: readonly string[];
  readonly since?: number;
}

type ClaimOf<K extends Claimable['kind']> = Extract<Claimable, { kind: K }>;

/** Names with the time each was last seen. */
type Times = Map<string, number>;

/** What the ledger without Redis remembers of what has happened: tallies, flags, spreads and storms. */
export class MemoryNotes {
  readonly #tallies = new Map<string, Times>();
  readonly #flags = new Map<string, { readonly since: number; readonly reason: string }>();
  readonly #charged = new Map<string, Times>();
  readonly #ended = new Map<string, Times>();
  readonly #seen = new Map<string, Times>();
  readonly #storms = new Map<string, { readonly since: number; readonly until: number }>();

  check(claim: ClaimOf<'tally' | 'flag' | 'storm'>, now: number): Refused | undefined {
    switch (claim.kind) {
      case 'tally': {
        const found = within(this.#tallies.get(claim.key), claim.limit.window, now);
        const surplus = found.length - claim.limit.count + 1;
        if (surplus <= 0) return undefined;
        const newest = newestFirst(this.#tallies.get(claim.key)).filter(([, at]) => at >= now - claim.limit.window);
        const named = newest.slice(0, 5).map(([what]) => what);
        return {
          refusal: 'tally',
          until: leaving(found, surplus, claim.limit.window),
          ...(claim.limit.count === 0 ? {} : { holder: named.join(', ') }),
        };
      }
      case 'flag': {
        const flag = this.#flags.get(claim.key);
        return flag && { refusal: 'flag', holder: flag.reason, since: flag.since };
      }
      case 'storm': {
        const storm = this.#storms.get(claim.key);
        return storm !== undefined && storm.until > now ? { refusal: 'storm', until: storm.until, since: storm.since } : undefined;
      }
    }
  }

  /** As if all of this request's new names under the key were charged now; `others` are those asked for before. `isOwn`: charged by this run. */
  checkSpread(
    claim: ClaimOf<'spread'>,
    { others, isOwn }: { others: readonly ClaimOf<'spread'>[]; isOwn: (what: string) => boolean },
    now: number,
  ): Refused | undefined {
    const { key, limit, grows } = claim;
    if (others.some(({ what }) => what === claim.what)) return undefined;
    const names = [...new Set([...others, claim].map(({ what }) => what))];
    const charged = this.#charged.get(key);
    const recent = within(charged, limit.window, now);
    const isRecent = (what: string) => (charged?.get(what) ?? -1) >= now - limit.window;
    const surplus = recent.length + names.filter((what) => !isRecent(what)).length - limit.count;
    if (surplus > 0) return { refusal: 'spread', until: leaving(recent, surplus, limit.window) };
    const isUnderWay = (what: string) => isRecent(what) && (charged?.get(what) ?? -1) > (this.#ended.get(key)?.get(what) ?? -1);
    if (grows !== true || isUnderWay(claim.what)) return undefined;
    const underWay = [...(charged?.keys() ?? [])].filter(isUnderWay);
    if (underWay.length === 0 || underWay.some(isOwn)) return undefined;
    const good = within(this.#tallies.get(`${key}/good`), limit.window, now).length;
    return underWay.length + names.filter((what) => !isUnderWay(what)).length > good + 1 ? { refusal: 'growth' } : undefined;
  }

  spread({ key, what }: ClaimOf<'spread'>, now: number): void {
    timesOf(this.#charged, key).set(what, now);
    timesOf(this.#ended, key).delete(what);
  }

  note(note: Note, now: number): void {
    const { key, limit } = note;
    switch (note.kind) {
      case 'tally':
        this.#count(key, { what: note.what, most: limit.count }, now);
        if (note.flag === undefined || this.#flags.has(note.flag.key)) return;
        if (within(this.#tallies.get(key), limit.window, now).length >= limit.count)
          this.#flags.set(note.flag.key, { since: now, reason: note.flag.reason });
        return;
      case 'ended':
        timesOf(this.#ended, key).set(note.what, now);
        if (note.isGood) this.#count(`${key}/good`, { what: note.what, most: limit.count }, now);
        return;
      case 'spoilt':
        this.#tallies.get(`${key}/good`)?.delete(note.what);
        return;
      case 'sighting': {
        if (note.what.length === 0) return;
        const seen = timesOf(this.#seen, key);
        for (const what of note.what) seen.set(what, now);
        if (within(seen, limit.window, now).length <= limit.count) return;
        const before = this.#storms.get(key);
        this.#storms.set(key, { since: before !== undefined && before.until > now ? before.since : now, until: now + note.quiet });
      }
    }
  }

  lower(flag: string, tallies: readonly string[]): boolean {
    for (const key of tallies) this.#tallies.delete(key);
    return this.#flags.delete(flag);
  }

  standing(now: number): Standing {
    const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      flags: sorted(this.#flags).map(([key, { since, reason }]) => ({ key, since, reason })),
      storms: sorted(this.#storms)
        .filter(([, { until }]) => until > now)
        .map(([key, { since, until }]) => ({ key, since, until })),
    };
  }

  #count(key: string, { what, most }: { what: string; most: number }, now: number): void {
    const times = timesOf(this.#tallies, key).set(what, now);
    this.#tallies.set(key, new Map(newestFirst(times).slice(0, most)));
  }
}

function newestFirst(times: Times | undefined): readonly [string, number][] {
  return [...(times ?? [])].toSorted(([a, at], [b, then]) => then - at || (a < b ? 1 : -1));
}

function timesOf(all: Map<string, Times>, key: string): Times {
  const times = all.get(key) ?? new Map<string, number>();
  all.set(key, times);
  return times;
}

/** The times that lie in the interval that ends now, oldest first. */
function within(times: Times | undefined, window: Duration, now: number): readonly number[] {
  return [...(times?.values() ?? [])].filter((at) => at >= now - window).toSorted((a, b) => a - b);
}

/** When there will be `surplus` fewer in the interval; undefined where there never will be. */
function leaving(found: readonly number[], surplus: number, window: Duration): number | undefined {
  const last = found[surplus - 1];
  return last === undefined ? undefined : last + window + 1;
}
