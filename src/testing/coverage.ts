import type { GuardSettings } from '../rule/guard-settings.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Outcome } from './outcome.ts';

/** What tests have seen of one rule. */
export interface RuleCoverage {
  readonly rule: string;
  readonly runs: number;
  readonly rungs: readonly { readonly remediation: string; readonly states: readonly string[] }[];
  /** Guards that can hold the rule back, and the answers of each that were seen. */
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
  readonly #seen = new Map<string, Seen>();

  know(rules: readonly CompiledRule[]): void {
    for (const rule of rules) this.#rules.set(rule.name, rule);
  }

  note({ runs }: Outcome): void {
    for (const { run, answers } of runs) {
      const seen = this.#seenOf(run.rule);
      for (const { guard, decision } of answers) addTo(seen.guards, guard, decision);
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

  #coverageOf({ name, ladder, guards, mode }: CompiledRule): RuleCoverage {
    const seen = this.#seenOf(name);
    const needsApproval = mode === 'approve' || ladder.some((rung) => rung.mode === 'approve');
    return {
      rule: name,
      runs: seen.runs,
      rungs: ladder.map(({ remediation }, index) => ({ remediation, states: [...(seen.rungs.get(index) ?? [])].toSorted() })),
      guards: guardsOf(guards, needsApproval).map((guard) => ({ guard, decisions: [...(seen.guards.get(guard) ?? [])].toSorted() })),
    };
  }

  #seenOf(rule: string): Seen {
    const seen = this.#seen.get(rule) ?? { runs: 0, rungs: new Map(), guards: new Map() };
    this.#seen.set(rule, seen);
    return seen;
  }
}

/** The guards that a rule's settings give something to say; a rule that only plans is asked by none of those that admit. */
function guardsOf(settings: GuardSettings, needsApproval: boolean): readonly string[] {
  const { cooldown, rate, attempts, holdWhile, windows, concurrency, recurrence, failureBudget, blastRadius, requires } = settings;
  const isSet: readonly (readonly [string, boolean])[] = [
    ['window', windows.length > 0],
    ['approval', needsApproval],
    ['stillFiring', true],
    ['holdWhile', holdWhile.length > 0],
    ['requires', requires.length > 0],
    ['cooldown', cooldown !== undefined && cooldown > 0],
    ['rate', Object.values(rate).some((rates) => rates.length > 0)],
    ['attempts', attempts !== undefined],
    ['recurrence', recurrence.length > 0],
    ['blastRadius', blastRadius !== undefined],
    ['failureBudget', failureBudget.length > 0],
    ['concurrency', Object.keys(concurrency).length > 0],
  ];
  return isSet.filter(([, is]) => is).map(([guard]) => guard);
}

function addTo<K>(map: Map<K, Set<string>>, key: K, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}
