import type { Claimable, LedgerAnswer } from '../../../src/ports/ledger.ts';
import type { Step } from './ledger-steps.ts';

interface Charge {
  readonly at: number;
  readonly what: string;
}

interface Held {
  readonly run: string;
  readonly until: number;
}

/**
 * What a ledger has granted, and nothing else. Finds by plain counting what must never be: a rate exceeded in any interval, one
 * attempt too many, one lock with two runs, a grant under a running cooldown.
 */
export class GrantLog {
  readonly #rates = new Map<string, { readonly window: number; readonly charges: Charge[] }>();
  readonly #attempts = new Map<string, Set<string>>();
  readonly #locks = new Map<string, Held>();
  readonly #cooldowns: { readonly key: string; readonly group: string | undefined; readonly until: number }[] = [];
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
        return typeof answer === 'object' && answer.outcome === 'granted'
          ? step.claims.flatMap((claim) => this.#grant(claim, step.run))
          : [];
      case 'peek':
        return [];
      case 'extend':
        for (const key of step.locks) if (this.#holder(key) === step.run) this.#hold(key, step.run, this.#now + step.lease);
        return [];
      case 'release':
        for (const key of step.locks) if (this.#holder(key) === step.run) this.#locks.delete(key);
        return [];
      case 'quarantine':
        for (const key of step.locks) if ((this.#holder(key) ?? step.run) === step.run) this.#hold(key, step.run, Number.POSITIVE_INFINITY);
        return [];
      case 'cool':
        for (const { key, length, group } of step.cooldowns) this.#cooldowns.push({ key, group, until: this.#now + length });
        return [];
    }
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
        return this.#charge(claim, run);
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
