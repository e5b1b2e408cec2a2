import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkRules } from '../../../src/app/check-rules.ts';
import { platforms } from '../../../src/sandbox/patients/catalogue.ts';

describe('the shipped rules', () => {
  it('load without a problem', { timeout: 20_000 }, () => {
    const { problems, rules } = checkRules({ rules: 'rules', remediations: 'remediations', limits: {}, defaults: {} });
    expect(problems).toEqual([]);
    expect(rules).toBeGreaterThan(30);
  });

  it.each(platforms.map(({ name }) => name))('are one file for %s, with tests, alerts and tests of those', (name) => {
    const files = [
      `rules/${name}.yaml`,
      `rules/tests/${name}.yaml`,
      `deploy/prometheus/${name}.yaml`,
      `deploy/prometheus/tests/${name}.yaml`,
    ];
    expect(files.filter((file) => !existsSync(new URL(`../../../${file}`, import.meta.url)))).toEqual([]);
  });
});
