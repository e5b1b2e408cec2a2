import type { Labels } from '../alert/alert.ts';
import type { Matcher } from '../alert/matcher.ts';
import type { CompiledRule } from './compiled-rule.ts';

/**
 * Finds the rules that may match, in their order, by one label each whose values the rule fixes: `alertname` if it can be,
 * else another. What a rule costs an alert with other values is nothing.
 */
export class RuleIndex {
  readonly #rules: readonly CompiledRule[];
  /** Positions of rules, ascending, by name and value of the label. */
  readonly #byLabel = new Map<string, Map<string, number[]>>();
  /** Positions of rules that fix no label. */
  readonly #others: number[] = [];

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
    for (const [position, rule] of rules.entries()) this.#add(position, rule);
  }

  *candidates(labels: Labels): Generator<CompiledRule> {
    for (const position of this.#positions(labels)) {
      const rule = this.#rules[position];
      if (rule !== undefined) yield rule;
    }
  }

  #add(position: number, rule: CompiledRule): void {
    const key = indexable(rule.matchers);
    if (key?.values === undefined) {
      this.#others.push(position);
      return;
    }
    const byValue = this.#byLabel.get(key.name) ?? new Map<string, number[]>();
    this.#byLabel.set(key.name, byValue);
    for (const value of new Set(key.values)) {
      const positions = byValue.get(value);
      if (positions === undefined) byValue.set(value, [position]);
      else positions.push(position);
    }
  }

  #positions(labels: Labels): readonly number[] {
    const lists = this.#others.length === 0 ? [] : [this.#others];
    for (const [name, byValue] of this.#byLabel) {
      const value: unknown = labels[name];
      const found = typeof value === 'string' ? byValue.get(value) : undefined;
      if (found !== undefined) lists.push(found);
    }
    // A rule is under one label name, and the alert has one value of it: no position comes twice.
    return lists.length <= 1 ? (lists[0] ?? []) : lists.flat().toSorted((a, b) => a - b);
  }
}

function indexable(matchers: readonly Matcher[]): Matcher | undefined {
  // A value that may be empty also stands for alerts without the label.
  const fixed = matchers.filter(({ values }) => values !== undefined && values.length > 0 && !values.includes(''));
  return fixed.find(({ name }) => name === 'alertname') ?? fixed[0];
}
