import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
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

  it('and their remediations are each performed by a test', () => {
    const root = new URL('../../../', import.meta.url).pathname;
    const textsOf = (pattern: string) => globSync(pattern, { cwd: root }).map((file) => readFileSync(`${root}${file}`, 'utf8'));
    const namesIn = (texts: readonly string[], naming: RegExp) =>
      texts.flatMap((text) => [...text.matchAll(naming)].map(([, name]) => name));
    const performed = new Set([
      ...namesIn(textsOf('{rules,rules/tests/operations}/*.yaml'), /\bremediation: ([a-z0-9-]+)/g),
      ...namesIn(textsOf('test/unit/remediations/*.test.ts'), /\bperform\('([a-z0-9-]+)'/g),
    ]);
    const all = globSync('remediations/*.yaml', { cwd: root }).map((file) => basename(file, '.yaml'));
    expect(all.filter((name) => !performed.has(name))).toEqual([]);
    expect(all.length).toBeGreaterThan(50);
  });
});
