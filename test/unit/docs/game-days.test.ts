import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tableIn, testsOf } from '../../support/docs/game-day-table.ts';

it('docs/game-days.md counts the rule tests there are', () => {
  const lines = tableIn(readFileSync(new URL('../../../docs/game-days.md', import.meta.url), 'utf8')).slice(2);
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) {
    const [, platform = '', , told = '', count] = line.split('|').map((cell) => cell.trim());
    const rules = told.split('; ').map((text) => text.split(': ')[0] ?? '');
    const tests = rules.reduce((sum, rule) => sum + testsOf(platform, rule), 0);
    expect(line.replace(`| ${count} |`, `| ${tests} |`)).toBe(line);
  }
});
