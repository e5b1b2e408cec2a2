import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { platforms } from '../../../src/sandbox/patients/catalogue.ts';
import { shippedRules } from '../../support/shipped-rules.ts';

const root = new URL('../../../', import.meta.url).pathname;
const page = readFileSync(`${root}docs/runbooks.md`, 'utf8');
const named = new Set([...page.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) => name));

const rules = shippedRules().map(({ name }) => name);
const remediations = globSync('remediations/*.yaml', { cwd: root }).map((file) => basename(file, '.yaml'));

interface AlertFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert?: string }[] }[];
}

const alerts = platforms.flatMap(({ name }) => {
  const { groups } = parse(readFileSync(`${root}deploy/prometheus/${name}.yaml`, 'utf8')) as AlertFile;
  return groups.flatMap(({ rules: own }) => own.flatMap(({ alert }) => alert ?? []));
});

describe('docs/runbooks.md', () => {
  it('names every shipped rule and every remediation', () => {
    expect([...rules, ...remediations].filter((name) => !named.has(name))).toEqual([]);
  });

  it('names no rule or remediation that there is not', () => {
    const known = new Set([...rules, ...remediations]);
    // Names of the platforms' own: they look the same.
    const theirs = new Set(['model-prompt-guard', 'guardrail-server', 'platform-api', 'event-ingestion', 'allkeys-lru']);
    const looksLikeOne = (name: string) => /^[a-z]+(-[a-z0-9]+)+$/.test(name);
    expect([...named].filter((name) => looksLikeOne(name) && !known.has(name) && !theirs.has(name))).toEqual([]);
  });

  it('answers every alert that is shipped', () => {
    expect(alerts.length).toBeGreaterThan(25);
    expect([...new Set(alerts)].filter((alert) => !named.has(alert))).toEqual([]);
  });

  it('says with each rule the remediations of its ladder', () => {
    const lines = page.split('\n');
    const missing = shippedRules().flatMap(({ name, ladder }) => {
      const at = lines.findIndex((line) => line.includes(`\`${name}\``));
      const rest = lines.slice(at + 1);
      const end = rest.findIndex((line) => !line.startsWith('| ·'));
      const own = [lines[at] ?? '', ...rest.slice(0, end)].join('\n');
      return ladder.filter(({ remediation }) => !own.includes(`\`${remediation}\``)).map(({ remediation }) => `${name}: ${remediation}`);
    });
    expect(missing).toEqual([]);
  });
});
