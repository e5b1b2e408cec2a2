import type { Claimable, Cooldown, Ledger, LedgerAnswer, LedgerRequest, Note, Standing } from '../../ports/ledger.ts';
import { namedHolders } from '../named-holders.ts';
import { refusalReason } from '../refusal-reason.ts';
import { MemoryNotes, type Refused } from './memory-notes.ts';

interface Lock {
  readonly run: string;
  /** Infinity: quarantined. */
  readonly until: number;
}

/** The ledger without Redis, on any source of time (ms, made monotone here). */
export function memoryLedger(time: () => number): Ledger {
  const ledger = new MemoryLedger(time);
  return {
    acquire: async (request) => ledger.ask(request, true),
    peek: async (request) => ledger.ask(request, false),
    extend: async (run, locks, lease) => ledger.extend(run, locks, lease),
    release: async (run, locks) => ledger.release(run, locks),
    settle: async (run, locks, late) => ledger.settle(run, locks, late),
    quarantine: async (run, locks) => ledger.quarantine(run, locks),
    cool: async (cooldowns) => ledger.cool(cooldowns),
    note: async (notes) => ledger.note(notes),
    lower: async (flag, tallies) => ledger.lower(flag, tallies),
    standing: async () => ledger.standing(),
  };
}

class MemoryLedger {
  readonly #time: () => number;
  #last = 0;
  /** Per cooldown: until when, by who started it; who has no group is under ''. */
  readonly #cooldowns = new Map<string, Map<string, number>>();
  /** Per rate: what was charged when, oldest first. */
  readonly #grants = new Map<string, { readonly charge: string; readonly at: number }[]>();
  readonly #attempts = new Map<string, Set<string>>();
  readonly #locks = new Map<string, Lock>();
  /** Per run: its newest fence, and the rates it was charged for. */
  readonly #runs = new Map<string, { fence: number; readonly charges: Set<string> }>();
  /** Per run that has ended: until when it is refused. */
  readonly #over = new Map<string, number>();
  /** Per slot: the runs that have a place, and until when. */
  readonly #slots = new Map<string, Map<string, number>>();
  readonly #notes = new MemoryNotes();

  constructor(time: () => number) {
    this.#time = time;
  }

  ask({ run, fence, claims }: LedgerRequest, takes: boolean): LedgerAnswer {
    const now = this.#now();
    const known = this.#runs.get(run);
    const first = claims[0];
    if (takes && first !== undefined && (this.#over.get(run) ?? 0) > now) {
      return { outcome: 'refused', time: now, claim: first, refusal: 'ended', reason: refusalReason('ended', first, run) };
    }
    if (takes && known !== undefined && fence < known.fence && first !== undefined) {
      const reason = refusalReason('fence', first, String(known.fence));
      return { outcome: 'refused', time: now, claim: first, refusal: 'fence', reason };
    }
    for (const [index, claim] of claims.entries()) {
      const refused = this.#check(claim, { run, now, earlier: claims.slice(0, index) });
      if (refused === undefined) continue;
      const { refusal, until, holder, holders, since } = refused;
      return {
        outcome: 'refused',
        time: now,
        claim,
        refusal,
        reason: refusalReason(refusal, claim, holder),
        ...(until === undefined ? {} : { until }),
        ...(holder === undefined || (refusal !== 'lock' && refusal !== 'quarantine') ? {} : { holder }),
        ...(holders === undefined ? {} : { holders }),
        ...(since === undefined ? {} : { since }),
      };
    }
    if (takes) this.#take({ run, fence, claims }, now);
    return { outcome: 'granted', time: now, charged: known === undefined };
  }

  extend(run: string, locks: readonly string[], lease: number): boolean {
    const now = this.#now();
    let areAllHeld = true;
    for (const key of locks) {
      const lock = this.#lock(key, now);
      if (lock?.run === run) this.#locks.set(key, { run, until: Math.max(lock.until, now + lease) });
      else areAllHeld = false;
    }
    for (const places of this.#slots.values()) {
      const until = places.get(run);
      if (until === undefined) continue;
      if (until > now) places.set(run, Math.max(until, now + lease));
      else areAllHeld = false;
    }
    return areAllHeld;
  }

  release(run: string, locks: readonly string[]): void {
    const now = this.#now();
    for (const key of locks) if (this.#lock(key, now)?.run === run) this.#locks.delete(key);
    for (const places of this.#slots.values()) places.delete(run);
  }

  settle(run: string, locks: readonly string[], late: number): void {
    this.release(run, locks);
    this.#runs.delete(run);
    this.#over.set(run, Math.max(this.#over.get(run) ?? 0, this.#now() + late));
  }

  quarantine(run: string, locks: readonly string[]): void {
    const now = this.#now();
    for (const key of locks) {
      const holder = this.#lock(key, now)?.run ?? run;
      if (holder === run) this.#locks.set(key, { run, until: Number.POSITIVE_INFINITY });
    }
    for (const places of this.#slots.values()) places.delete(run);
  }

  note(notes: readonly Note[]): void {
    const now = this.#now();
    for (const note of notes) this.#notes.note(note, now);
  }

  lower(flag: string, tallies: readonly string[]): boolean {
    this.#now();
    return this.#notes.lower(flag, tallies);
  }

  standing(): Standing {
    return this.#notes.standing(Math.max(this.#last, this.#time()));
  }

  cool(cooldowns: readonly Cooldown[]): void {
    const now = this.#now();
    for (const { key, length, group = '' } of cooldowns) {
      const ends = this.#cooldowns.get(key) ?? new Map<string, number>();
      this.#cooldowns.set(key, ends.set(group, Math.max(ends.get(group) ?? 0, now + length)));
    }
  }

  #now(): number {
    this.#last = Math.max(this.#last, this.#time());
    return this.#last;
  }

  #lock(key: string, now: number): Lock | undefined {
    const lock = this.#locks.get(key);
    return lock !== undefined && lock.until > now ? lock : undefined;
  }

  #check(claim: Claimable, { run, now, earlier }: { run: string; now: number; earlier: readonly Claimable[] }): Refused | undefined {
    switch (claim.kind) {
      case 'cooldown': {
        const others = [...(this.#cooldowns.get(claim.key) ?? [])].filter(([group]) => group === '' || group !== claim.group);
        const until = Math.max(0, ...others.map(([, end]) => end));
        return until > now ? { refusal: 'cooldown', until } : undefined;
      }
      case 'attempts': {
        const runs = this.#attempts.get(claim.key);
        const isUsedUp = !(runs?.has(run) ?? false) && (runs?.size ?? 0) >= claim.max;
        return isUsedUp ? { refusal: 'attempts' } : undefined;
      }
      case 'lock': {
        const lock = this.#lock(claim.key, now);
        if (lock === undefined || lock.run === run) return undefined;
        if (lock.until === Number.POSITIVE_INFINITY) return { refusal: 'quarantine', holder: lock.run };
        return { refusal: 'lock', until: lock.until, holder: lock.run };
      }
      case 'rate':
        return this.#checkRate(claim, { run, now, earlier });
      case 'slot': {
        const places = this.#slots.get(claim.key);
        if ((places?.get(run) ?? 0) > now) return undefined;
        const taken = [...(places ?? [])].filter(([, until]) => until > now);
        if (taken.length < claim.max) return undefined;
        const soonest = taken.toSorted(([a, until], [b, then]) => until - then || (a < b ? -1 : 1));
        return { refusal: 'slot', holders: soonest.slice(0, namedHolders).map(([holder]) => holder) };
      }
      case 'spread': {
        const charged = this.#runs.get(run)?.charges;
        const isNew = (one: typeof claim) => charged?.has(spreadCharge(one)) !== true;
        const others = earlier.filter((one) => one.kind === 'spread' && one.key === claim.key && isNew(one)) as (typeof claim)[];
        const isOwn = (what: string) => !isNew({ ...claim, what });
        return isNew(claim) ? this.#notes.checkSpread(claim, { others, isOwn }, now) : undefined;
      }
      case 'tally':
      case 'flag':
      case 'storm':
        return this.#notes.check(claim, now);
    }
  }

  /** As if every new charge of this request on this rate happened now: none of the intervals that end now may get too full. */
  #checkRate(
    claim: Extract<Claimable, { kind: 'rate' }>,
    { run, now, earlier }: { run: string; now: number; earlier: readonly Claimable[] },
  ): Refused | undefined {
    const log = rateLog(claim);
    const charged = this.#runs.get(run)?.charges;
    if (charged?.has(`${log} ${chargeOf(claim, run)}`) === true) return undefined;
    const wanted = new Set(
      [claim, ...earlier].filter((one) => one.kind === 'rate' && rateLog(one) === log).map((one) => chargeOf(one as typeof claim, run)),
    );
    const fresh = [...wanted].filter((charge) => charged?.has(`${log} ${charge}`) !== true).length;
    const recent = (this.#grants.get(log) ?? []).filter(({ at }) => at >= now - claim.rate.window);
    const surplus = recent.length + fresh - claim.rate.count;
    if (surplus <= 0) return undefined;
    const leaving = recent[surplus - 1];
    return { refusal: 'rate', until: leaving === undefined ? undefined : leaving.at + claim.rate.window + 1 };
  }

  #take({ run, fence, claims }: LedgerRequest, now: number): void {
    const record = this.#runs.get(run) ?? { fence, charges: new Set<string>() };
    record.fence = Math.max(record.fence, fence);
    this.#runs.set(run, record);
    for (const claim of claims) {
      if (claim.kind === 'attempts') {
        this.#attempts.set(claim.key, (this.#attempts.get(claim.key) ?? new Set<string>()).add(run));
      } else if (claim.kind === 'lock') {
        const held = this.#lock(claim.key, now)?.until ?? 0;
        this.#locks.set(claim.key, { run, until: Math.max(held, now + claim.lease) });
      } else if (claim.kind === 'rate') {
        const log = rateLog(claim);
        const charge = chargeOf(claim, run);
        if (record.charges.has(`${log} ${charge}`)) continue;
        record.charges.add(`${log} ${charge}`);
        const recent = (this.#grants.get(log) ?? []).filter(({ at }) => at >= now - claim.rate.window);
        this.#grants.set(log, [...recent, { charge, at: now }]);
      } else if (claim.kind === 'slot') {
        const places = this.#slots.get(claim.key) ?? new Map<string, number>();
        const held = places.get(run) ?? 0;
        this.#slots.set(claim.key, places.set(run, Math.max(held, now + claim.lease)));
      } else if (claim.kind === 'spread' && !record.charges.has(spreadCharge(claim))) {
        record.charges.add(spreadCharge(claim));
        this.#notes.spread(claim, now);
      }
    }
  }
}

function rateLog(claim: { readonly key: string; readonly rate: { readonly window: number } }): string {
  return `${claim.key}:${claim.rate.window}`;
}

/** What a rate counts: each effect, or each run once. */
function chargeOf(claim: { readonly perEffect?: string }, run: string): string {
  return claim.perEffect === undefined ? run : `${run} ${claim.perEffect}`;
}

function spreadCharge({ key, what }: { readonly key: string; readonly what: string }): string {
  return `spread ${key} ${what}`;
}
