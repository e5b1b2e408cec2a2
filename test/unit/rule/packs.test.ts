import { expect, it } from 'vitest';
import { checkRules } from '../../../src/app/check-rules.ts';

it('the packs that lie beside the shipped rules load without a problem', () => {
  const { problems, rules } = checkRules({ rules: 'rules/packs', remediations: 'remediations', limits: {}, defaults: {} });
  expect(problems).toEqual([]);
  expect(rules).toBe(1);
});
