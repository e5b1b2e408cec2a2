import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rulePackDocs } from '../../support/docs/rule-pack-docs.ts';
import { shippedRules } from '../../support/shipped-rules.ts';

const url = new URL('../../../docs/rule-packs.md', import.meta.url);

describe('docs/rule-packs.md', () => {
  const page = rulePackDocs();
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

  it('says what the rule files say (UPDATE_DOCS=1 rewrites it)', () => {
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(url, page);
    expect(existsSync(url) ? readFileSync(url, 'utf8') : '').toBe(page);
  });

  it('has every shipped rule once, with its alerts and ladder', () => {
    expect(rows.map(([, , name]) => name)).toEqual(shippedRules().map(({ name }) => name));
    for (const [, alerts, , ladder, mode] of rows) for (const cell of [alerts, ladder, mode]) expect(cell).not.toBe('');
  });

  it('shows that every shipped rule has tests', () => {
    expect(rows.filter(([, , , , , , tests]) => !(Number(tests) > 0)).map(([, , name]) => name)).toEqual([]);
  });
});
