import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Labels } from '../../../src/alert/alert.ts';
import { parseMatchers } from '../../../src/alert/matcher.ts';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import { createRulebook } from '../../../src/rule/rulebook.ts';
import { alertWith } from '../../unit/rule/shapes.ts';
import { noGuards } from '../../support/no-guards.ts';

const labelNames = ['alertname', 'severity', 'platform', 'odd name', 'constructor'];
const values = ['', 'a', 'b', 'ab', 'ba', 'a\nb', 'é🙂', 'a|b'];
const patterns = ['a', 'a|b', 'a.*', '.*', '.+', '', '|a', 'a?b', '[ab]+', '(a|b)b', 'é.', 'ab?', '(?i)AB', 'a{2}'];

const matcherText = fc.oneof(
  fc.record({ name: fc.constantFrom(...labelNames), operator: fc.constantFrom('=', '!='), value: fc.constantFrom(...values) }),
  fc.record({ name: fc.constantFrom(...labelNames), operator: fc.constantFrom('=~', '!~'), value: fc.constantFrom(...patterns) }),
);
type MatcherParts = typeof matcherText extends fc.Arbitrary<infer T> ? T : never;

const labels: fc.Arbitrary<Labels> = fc.dictionary(fc.constantFrom(...labelNames), fc.constantFrom(...values));

/** What a matcher means, said in another way: JavaScript's own expressions, which agree with RE2 on these patterns. */
function meansYes({ name, operator, value }: MatcherParts, given: Labels): boolean {
  const actual = Object.hasOwn(given, name) ? (given[name] ?? '') : '';
  const isCaseless = value.startsWith('(?i)');
  const expression = operator.includes('~')
    ? new RegExp(`^(?:${isCaseless ? value.slice(4) : value})$`, isCaseless ? 'iu' : 'u')
    : undefined;
  const isEqual = expression === undefined ? actual === value : expression.test(actual);
  return operator.startsWith('!') ? !isEqual : isEqual;
}

const written = ({ name, operator, value }: MatcherParts): string => `${JSON.stringify(name)}${operator}${JSON.stringify(value)}`;

interface RuleParts {
  readonly matchers: readonly MatcherParts[];
  readonly continues: boolean;
  readonly when: 'none' | 'true' | 'false' | 'error';
}

const ruleParts: fc.Arbitrary<RuleParts> = fc.record({
  matchers: fc.array(matcherText, { minLength: 1, maxLength: 3 }),
  continues: fc.boolean(),
  when: fc.constantFrom('none', 'none', 'true', 'false', 'error'),
});

function compiled({ matchers, continues, when }: RuleParts, index: number): CompiledRule {
  const rule: CompiledRule = {
    name: `r${index}`,
    summary: '',
    file: '',
    line: 0,
    definition: { rule: {}, remediations: {} },
    hash: '',
    mode: 'plan',
    continues,
    matchers: parseMatchers(matchers.map(written).join(',')),
    guards: noGuards,
    flap: 0,
    escalate: { severity: 'critical' },
    ladder: [],
    values: [],
    modeFor: () => 'plan',
  };
  if (when === 'none') return rule;
  return {
    ...rule,
    when: () => {
      if (when === 'error') throw new Error('broken');
      return when === 'true';
    },
  };
}

function naive(rules: readonly RuleParts[], given: Labels): string[] {
  const results: string[] = [];
  for (const [index, { matchers, continues, when }] of rules.entries()) {
    if (!matchers.every((matcher) => meansYes(matcher, given)) || when === 'false') continue;
    results.push(`r${index} ${when === 'error' ? 'error' : 'matched'}`);
    if (when === 'error' || !continues) break;
  }
  return results;
}

describe('matching', () => {
  it('means what Alertmanager means by a matcher', () => {
    fc.assert(
      fc.property(
        matcherText,
        labels,
        (matcher, given) => parseMatchers(written(matcher)).every((parsed) => parsed.matches(given)) === meansYes(matcher, given),
      ),
      { numRuns: 2000 },
    );
  });

  it('by index gives what looking at every rule in order gives', () => {
    fc.assert(
      fc.property(fc.array(ruleParts, { maxLength: 30 }), fc.array(labels, { minLength: 1, maxLength: 5 }), (rules, alerts) => {
        const rulebook = createRulebook(rules.map(compiled), []);
        for (const given of alerts) {
          const found = rulebook.match(alertWith(given)).map(({ rule, outcome }) => `${rule.name} ${outcome}`);
          expect(found).toEqual(naive(rules, given));
          expect(
            rulebook
              .explain(alertWith(given))
              .filter(({ matched }) => matched)
              .map(({ rule }) => `${rule} matched`),
          ).toEqual(found.filter((result) => result.endsWith('matched')));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('reads any name and value back from its quoted form', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => value.isWellFormed());
    fc.assert(
      fc.property(text, text, (name, value) => {
        // Names outside the classic grammar, so that only the quoted one applies.
        expect(parseMatchers(`{${JSON.stringify(`${name} x`)}=${JSON.stringify(value)}}`)[0]).toMatchObject({ name: `${name} x`, value });
      }),
    );
  });
});
