import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalogue } from '../../../src/cli/catalogue.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const pages = ['docs/operations.md', 'docs/install.md', 'docs/coming-from.md'];

it('docs/operations.md says what each of our alerts means, in their order', () => {
  const { groups } = parse(read('deploy/prometheus/fixpoint-alerts.yaml')) as {
    groups: readonly { rules: readonly { alert: string }[] }[];
  };
  const told = Array.from(read('docs/operations.md').matchAll(/^\| `(Fixpoint\w+)` \|/gm), ([, name]) => name);
  expect(told).toEqual(groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)));
});

it.each(pages)('%s names commands that there are', (page) => {
  const named = Array.from(read(page).matchAll(/(?:`|\.\/|^)fixpoint ([a-z]+)/gm), ([, name]) => name);
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((name) => !Object.hasOwn(catalogue, name ?? ''))).toEqual([]);
});

it.each(pages)('%s names files that there are', (page) => {
  const named = Array.from(read(page).matchAll(/\b(deploy\/[\w./-]+\w)/g), ([, path = '']) => path);
  for (const path of named)
    if (!path.includes('/secrets')) expect(() => readFileSync(new URL(`../../../${path}`, import.meta.url)), path).not.toThrow(/ENOENT/);
});
