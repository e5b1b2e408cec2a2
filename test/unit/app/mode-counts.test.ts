import { expect, it } from 'vitest';
import { countModes, describeModes } from '../../../src/app/mode-counts.ts';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import type { Mode } from '../../../src/rule/mode.ts';

function ruleOf(...rungs: readonly (readonly [Mode, 'read' | 'converge'])[]): CompiledRule {
  return { ladder: rungs.map(([mode, effect]) => ({ mode, steps: [{ effect }] })) } as unknown as CompiledRule;
}

it('a rule counts by the rung with the most autonomy that changes something', () => {
  const rules = [
    ruleOf(['auto', 'read'], ['approve', 'converge']),
    ruleOf(['approve', 'converge'], ['auto', 'converge']),
    ruleOf(['plan', 'read']),
    ruleOf(['observe', 'converge']),
  ];
  const counts = countModes(rules);
  expect(counts).toEqual({ auto: 1, approve: 1, plan: 1, observe: 1 });
  expect(describeModes(counts, undefined)).toBe('4 rules: 1 auto, 1 approve, 1 plan, 1 observe; limits.mode: none');
  expect(describeModes(countModes(rules.slice(3)), 'plan')).toBe('1 rule: 1 observe; limits.mode: plan');
  expect(describeModes(countModes([]), undefined)).toBe('0 rules; limits.mode: none');
});
