import { guards as knownGuards } from '../guards/catalogue.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import { purposeOf, type Purpose } from '../rule/purpose.ts';
import type { Outcome } from './outcome.ts';

/** What tests have seen of one rule. */
export interface RuleCoverage {
  readonly rule: string;
  readonly runs: number;
  readonly rungs: readonly { readonly remediation: string; readonly states: readonly string[] }[];
  /**
   * `stillFiring`, `approval` where one is needed, and the guards that the rule itself writes, with the answers of each that were seen. A
   * rule that never changes anything has only those that are asked without a plan, one that only plans none.
   */
  readonly guards: readonly { readonly guard: string; readonly decisions: readonly string[] }[];
}

export interface Coverage {
  readonly rules: readonly RuleCoverage[];
  /** Rules with a run, rungs that were tried, guards that said something else than allow; of all there are. */
  readonly covered: number;
  readonly total: number;
  readonly percent: number;
}

interface Seen {
  runs: number;
  readonly rungs: Map<number, Set<string>>;
  readonly guards: Map<string, Set<string>>;
}

/** Adds up what tests see of rules, rungs and guards. */
export class CoverageBook {
  readonly #rules = new Map<string, CompiledRule>();
  readonly #written = new Map<string, readonly string[]>();
  readonly #seen = new Map<string, Seen>();

  /** `written`: the guards of each rule as its file has them, without defaults. */
  know(rules: readonly CompiledRule[], written: ReadonlyMap<string, readonly string[]>): void {
    for (const rule of rules) this.#rules.set(rule.name, rule);
    for (const [rule, guards] of written) this.#written.set(rule, guards);
  }

  note({ runs, withheld }: Outcome): void {
    for (const { rule, guard } of withheld) addTo(this.#seenOf(rule).guards, guard, 'deny');
    for (const { run, answers } of runs) {
      const seen = this.#seenOf(run.rule);
      for (const { guard, decision } of answers) addTo(seen.guards, guard, decision);
      // Whose alerts are known to be over is not asked any more whether it still fires.
      if (run.phase === 'superseded') addTo(seen.guards, 'stillFiring', 'supersede');
      if (run.kind === 'undo') continue;
      seen.runs += 1;
      for (const [index, { state }] of run.rungs.entries())
        if (state !== 'pending') addTo(seen.rungs, index, state === 'empty' ? 'skipped' : state);
    }
  }

  result(): Coverage {
    const rules = [...this.#rules.values()].map((rule) => this.#coverageOf(rule));
    const marks = rules.flatMap(({ runs, rungs, guards }) => [
      runs > 0,
      ...rungs.map(({ states }) => states.length > 0),
      ...guards.map(({ decisions }) => decisions.some((decision) => decision !== 'allow')),
    ]);
    const covered = marks.filter(Boolean).length;
    return { rules, covered, total: marks.length, percent: marks.length === 0 ? 100 : Math.floor((covered / marks.length) * 1000) / 10 };
  }

  #coverageOf(rule: CompiledRule): RuleCoverage {
    const { name, ladder, mode } = rule;
    const seen = this.#seenOf(name);
    const needsApproval = mode === 'approve' || ladder.some((rung) => rung.mode === 'approve');
    return {
      rule: name,
      runs: seen.runs,
      rungs: ladder.map(({ remediation }, index) => ({ remediation, states: [...(seen.rungs.get(index) ?? [])].toSorted() })),
      guards: guardsOf(this.#written.get(name) ?? [], { needsApproval, purpose: purposeOf(rule) }).map((guard) => ({
        guard,
        decisions: [...(seen.guards.get(guard) ?? [])].toSorted(),
      })),
    };
  }

  #seenOf(rule: string): Seen {
    const seen = this.#seen.get(rule) ?? { runs: 0, rungs: new Map(), guards: new Map() };
    this.#seen.set(rule, seen);
    return seen;
  }
}

interface Asking {
  readonly needsApproval: boolean;
  readonly purpose: Purpose;
}

/** In the order in which they are asked. */
function guardsOf(written: readonly string[], { needsApproval, purpose }: Asking): readonly string[] {
  if (purpose === 'plans') return [];
  const wanted = new Set(['stillFiring', ...written, ...(needsApproval ? ['approval'] : [])]);
  return knownGuards
    .filter(({ name, beforePlan }) => wanted.has(name) && (purpose === 'acts' || beforePlan === true))
    .map(({ name }) => name);
}

function addTo<K>(map: Map<K, Set<string>>, key: K, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}
