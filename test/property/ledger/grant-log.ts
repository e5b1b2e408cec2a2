import type { Claimable, LedgerAnswer, Note } from '../../../src/ports/ledger.ts';
import type { Step } from './ledger-steps.ts';

interface Charge {
  readonly at: number;
  readonly what: string;
}

interface Held {
  readonly run: string;
  readonly until: number;
}

interface Sighting {
  readonly key: string;
  readonly what: string;
  readonly at: number;
}

/**
 * What a ledger has granted, and nothing else. Finds by plain counting what must never be: a rate exceeded in any interval, one
 * attempt too many, one lock with two runs, one place too many, a target too many or too early, a grant under a running cooldown,
 * a full tally, a flag or a storm, anything to a run that has ended.
 */
export class GrantLog {
  readonly #rates = new Map<string, { readonly window: number; readonly charges: Charge[] }>();
  readonly #attempts = new Map<string, Set<string>>();
  readonly #locks = new Map<string, Held>();
  readonly #cooldowns: { readonly key: string; readonly group: string | undefined; readonly until: number }[] = [];
  readonly #places: { readonly key: string; readonly run: string; until: number }[] = [];
  readonly #tallied: Sighting[] = [];
  readonly #flags = new Set<string>();
  readonly #spread: (Sighting & { readonly run: string; readonly request: number; hasEnded: boolean })[] = [];
  #requests = 0;
  readonly #good: Sighting[] = [];
  readonly #seen: Sighting[] = [];
  readonly #storms = new Map<string, number>();
  readonly #over = new Map<string, number>();
  /** A run that is charged anew long after its end counts as another. */
  readonly #lives = new Map<string, number>();
  #now = 0;

  /** The ledger has looked at the outside's time. */
  look(outside: number): void {
    this.#now = Math.max(this.#now, outside);
  }

  /** Notes a step and its answer at the outside's time; answers what is wrong. */
  note(step: Exclude<Step, { step: 'time' }>, answer: LedgerAnswer | boolean | undefined, outside: number): string[] {
    this.look(outside);
    switch (step.step) {
      case 'acquire':
        this.#requests += 1;
        return typeof answer === 'object' && answer.outcome === 'granted'
          ? [...this.#late(step), ...step.claims.flatMap((claim) => this.#grant(claim, step.run))]
          : [];
      case 'peek':
        return [];
      case 'extend':
        for (const key of step.locks) if (this.#holder(key) === step.run) this.#hold(key, step.run, this.#now + step.lease);
        for (const place of this.#places)
          if (place.run === step.run && place.until > this.#now) place.until = Math.max(place.until, this.#now + step.lease);
        return [];
      case 'settle':
        this.#over.set(step.run, Math.max(this.#over.get(step.run) ?? 0, this.#now + step.late));
        this.#lives.set(step.run, (this.#lives.get(step.run) ?? 0) + 1);
        this.#leave(step.run, step.locks);
        return [];
      case 'release':
        this.#leave(step.run, step.locks);
        return [];
      case 'quarantine':
        for (const key of step.locks) if ((this.#holder(key) ?? step.run) === step.run) this.#hold(key, step.run, Number.POSITIVE_INFINITY);
        this.#leave(step.run, []);
        return [];
      case 'cool':
        for (const { key, length, group } of step.cooldowns) this.#cooldowns.push({ key, group, until: this.#now + length });
        return [];
      case 'note':
        for (const note of step.notes) this.#note(note);
        return [];
      case 'lower':
        this.#flags.delete(step.flag);
        this.#tallied.splice(0, this.#tallied.length, ...this.#tallied.filter(({ key }) => !step.tallies.includes(key)));
        return [];
    }
  }

  #late({ run, claims }: Extract<Step, { claims: unknown }>): string[] {
    return claims.length > 0 && (this.#over.get(run) ?? 0) > this.#now ? [`run ${run} was granted something after its end`] : [];
  }

  #leave(run: string, locks: readonly string[]): void {
    for (const key of locks) if (this.#holder(key) === run) this.#locks.delete(key);
    for (const place of this.#places) if (place.run === run) place.until = 0;
  }

  #note({ kind, key, what, ...rest }: Note): void {
    const at = this.#now;
    switch (kind) {
      case 'tally':
        this.#tallied.push({ key, what: what, at });
        if ('flag' in rest && rest.flag !== undefined && this.#different(this.#tallied, key, rest.limit.window) >= rest.limit.count)
          this.#flags.add(rest.flag.key);
        return;
      case 'ended':
        for (const one of this.#spread) if (one.key === key && one.what === what) one.hasEnded = true;
        if ('isGood' in rest && rest.isGood) this.#good.push({ key, what: what, at });
        return;
      case 'spoilt':
        this.#good.splice(0, this.#good.length, ...this.#good.filter((one) => one.key !== key || one.what !== what));
        return;
      case 'sighting':
        for (const one of what) this.#seen.push({ key, what: one, at });
        if (what.length > 0 && 'quiet' in rest && this.#different(this.#seen, key, rest.limit.window) > rest.limit.count)
          this.#storms.set(key, at + rest.quiet);
    }
  }

  /** How many different things lie in the interval that ends now. */
  #different(log: readonly Sighting[], key: string, window: number): number {
    return new Set(log.filter((one) => one.key === key && one.at >= this.#now - window).map(({ what }) => what)).size;
  }

  #take({ key, what, limit, grows }: Extract<Claimable, { kind: 'spread' }>, run: string): string[] {
    if (this.#spread.some((one) => one.key === key && one.what === what && one.run === run)) return [];
    const { count, window } = limit;
    const underWay = () =>
      new Set(this.#spread.filter((one) => one.key === key && !one.hasEnded && one.at >= this.#now - window).map((one) => one.what));
    const wasUnderWay = underWay().has(what);
    for (const one of this.#spread) if (one.key === key && one.what === what) one.hasEnded = true;
    this.#spread.push({ key, what, run, request: this.#requests, at: this.#now, hasEnded: false });
    const taken = this.#different(this.#spread, key, window);
    if (taken > count) return [`${key} has ${taken} targets of ${count} in ${window} ms`];
    const good = Math.min(count, this.#different(this.#good, key, window));
    const isOf = (one: string, before: number) =>
      this.#spread.some((charge) => charge.key === key && charge.what === one && charge.run === run && charge.request < before);
    const hadOwn = [...underWay()].some((one) => isOf(one, this.#requests));
    const hasOthers = [...underWay()].some((one) => !isOf(one, this.#requests + 1));
    const isTooEarly = grows === true && !wasUnderWay && hasOthers && !hadOwn && underWay().size > good + 1;
    return isTooEarly ? [`${key} has ${underWay().size} targets under way after ${good} good ones`] : [];
  }

  #grant(claim: Claimable, run: string): string[] {
    switch (claim.kind) {
      case 'cooldown':
        return this.#cooldowns.some(
          ({ key, group, until }) => key === claim.key && until > this.#now && (group === undefined || group !== claim.group),
        )
          ? [`run ${run} was granted ${claim.key} in its cooldown`]
          : [];
      case 'lock': {
        const holder = this.#holder(claim.key);
        if (holder !== undefined && holder !== run) return [`lock ${claim.key} is with ${holder} and ${run}`];
        this.#hold(claim.key, run, this.#now + claim.lease);
        return [];
      }
      case 'attempts': {
        const runs = this.#attempts.get(claim.key) ?? new Set<string>();
        const isNew = !runs.has(run);
        this.#attempts.set(claim.key, runs.add(run));
        return isNew && runs.size > claim.max ? [`${claim.key} has ${runs.size} attempts of ${claim.max}`] : [];
      }
      case 'rate':
        return this.#charge(claim, `${run} ${this.#lives.get(run) ?? 0}`);
      case 'slot': {
        const taken = this.#places.filter(({ key, until }) => key === claim.key && until > this.#now);
        const mine = taken.find((place) => place.run === run);
        if (mine === undefined && taken.length >= claim.max) return [`${claim.key} has ${taken.length + 1} places of ${claim.max}`];
        if (mine === undefined) this.#places.push({ key: claim.key, run, until: this.#now + claim.lease });
        else mine.until = Math.max(mine.until, this.#now + claim.lease);
        return [];
      }
      case 'tally':
        return this.#different(this.#tallied, claim.key, claim.limit.window) >= claim.limit.count ? [`${claim.key} is full`] : [];
      case 'flag':
        return this.#flags.has(claim.key) ? [`${claim.key} is flagged`] : [];
      case 'spread':
        return this.#take(claim, `${run} ${this.#lives.get(run) ?? 0}`);
      case 'storm':
        return (this.#storms.get(claim.key) ?? 0) > this.#now ? [`${claim.key} is in a storm`] : [];
    }
  }

  #charge(claim: Extract<Claimable, { kind: 'rate' }>, run: string): string[] {
    const { window, count } = claim.rate;
    const rate = this.#rates.get(`${claim.key}/${window}`) ?? { window, charges: [] };
    this.#rates.set(`${claim.key}/${window}`, rate);
    const what = claim.perEffect === undefined ? `run ${run}` : `effect ${run}/${claim.perEffect}`;
    if (rate.charges.some((charge) => charge.what === what)) return [];
    rate.charges.push({ at: this.#now, what });
    // Every interval that this charge ends or begins; none other can have become too full.
    const worst = Math.max(
      ...rate.charges.map(
        ({ at }) => rate.charges.filter((other) => other.at >= at && other.at <= at + window && this.#now <= at + window).length,
      ),
    );
    return worst > count ? [`${claim.key} has ${worst} grants of ${count} in ${window} ms`] : [];
  }

  #holder(key: string): string | undefined {
    const held = this.#locks.get(key);
    return held !== undefined && held.until > this.#now ? held.run : undefined;
  }

  #hold(key: string, run: string, until: number): void {
    const before = this.#holder(key) === run ? (this.#locks.get(key)?.until ?? 0) : 0;
    this.#locks.set(key, { run, until: Math.max(before, until) });
  }
}
