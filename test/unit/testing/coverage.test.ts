import { describe, expect, it } from 'vitest';
import { CoverageBook } from '../../../src/testing/coverage.ts';
import { shippedRules } from '../../support/shipped-rules.ts';

describe('coverage', () => {
  const names = ['gatekeeper-high-memory', 'gatekeeper-not-starting', 'kube-hpa-maxed-out'];
  const book = new CoverageBook();
  const written = names.map((name) => [name, ['holdWhile', 'cooldown', 'attempts']] as const);
  book.know(
    shippedRules().filter(({ name }) => names.includes(name)),
    new Map(written),
  );

  it('counts the guards that can be asked of a rule by what it is for', () => {
    const { rules, total } = book.result();
    expect(rules.map(({ rule, guards }) => [rule, guards.map(({ guard }) => guard)])).toEqual([
      ['gatekeeper-high-memory', ['stillFiring', 'holdWhile', 'cooldown', 'attempts']],
      ['gatekeeper-not-starting', ['stillFiring', 'holdWhile']],
      ['kube-hpa-maxed-out', []],
    ]);
    // A rule, and each of its rungs, count as well.
    expect(total).toBe(3 * 2 + 4 + 2);
  });
});
