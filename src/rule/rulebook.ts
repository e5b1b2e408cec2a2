import type { Alert, Labels } from '../alert/alert.ts';
import { messageOf } from '../errors.ts';
import { contentHash } from '../value/json.ts';
import { printable } from '../value/printable.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { RuleIndex } from './rule-index.ts';

export type MatchResult =
  | { readonly rule: CompiledRule; readonly outcome: 'matched' }
  /** The rule's `when` failed; later rules were not looked at. */
  | { readonly rule: CompiledRule; readonly outcome: 'error'; readonly reason: string };

export interface Explanation {
  readonly rule: string;
  readonly matched: boolean;
  readonly reason: string;
}

/** All rules of one load, in file and list order. */
export interface Rulebook {
  readonly hash: string;
  readonly rules: readonly CompiledRule[];
  readonly remediationNames: readonly string[];
  /** The first rule that matches, and those after it as long as they say `continue`. */
  match(alert: Alert): readonly MatchResult[];
  /** Why each rule does or does not match, in order. */
  explain(alert: Alert): readonly Explanation[];
  rule(name: string): CompiledRule | undefined;
}

export function createRulebook(rules: readonly CompiledRule[], remediationNames: readonly string[]): Rulebook {
  const index = new RuleIndex(rules);
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  return {
    hash: contentHash(rules.map((rule) => [rule.name, rule.hash])),
    rules,
    remediationNames,
    rule: (name) => byName.get(name),
    match: (alert) => matchAmong(index.candidates(alert.labels), alert),
    explain: (alert) => explainAll(rules, alert),
  };
}

export const emptyRulebook: Rulebook = createRulebook([], []);

function matchAmong(candidates: Iterable<CompiledRule>, alert: Alert): MatchResult[] {
  const results: MatchResult[] = [];
  for (const rule of candidates) {
    const verdict = judge(rule, alert);
    if (verdict === 'no') continue;
    if (verdict !== 'yes') return [...results, { rule, outcome: 'error', reason: verdict.error }];
    results.push({ rule, outcome: 'matched' });
    if (!rule.continues) break;
  }
  return results;
}

function judge(rule: CompiledRule, alert: Alert): 'yes' | 'no' | { readonly error: string } {
  for (const matcher of rule.matchers) if (!matcher.matches(alert.labels)) return 'no';
  if (rule.when === undefined) return 'yes';
  try {
    return rule.when(alert) ? 'yes' : 'no';
  } catch (error) {
    return { error: `when of rule ${rule.name}: ${messageOf(error)}` };
  }
}

function explainAll(rules: readonly CompiledRule[], alert: Alert): Explanation[] {
  let stoppedBy: string | undefined;
  return rules.map((rule) => {
    if (stoppedBy !== undefined) return { rule: rule.name, matched: false, reason: stoppedBy };
    const verdict = judge(rule, alert);
    if (verdict === 'no') return { rule: rule.name, matched: false, reason: whyNot(rule, alert.labels) };
    if (verdict !== 'yes') {
      stoppedBy = `not looked at: rule ${rule.name} before it stopped with an error`;
      return { rule: rule.name, matched: false, reason: verdict.error };
    }
    if (!rule.continues) stoppedBy = `not looked at: rule ${rule.name} before it matches and does not say continue`;
    return {
      rule: rule.name,
      matched: true,
      reason: rule.when === undefined ? 'all matchers match' : 'all matchers match and when is true',
    };
  });
}

function whyNot(rule: CompiledRule, labels: Labels): string {
  const failed = rule.matchers.find((matcher) => !matcher.matches(labels));
  if (failed === undefined) return 'when is false';
  const value = Object.hasOwn(labels, failed.name) ? `is ${printable(labels[failed.name])}` : 'is not there';
  return `${failed.name}${failed.operator}${printable(failed.value)} does not match: the label ${value}`;
}
