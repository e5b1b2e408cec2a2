import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import type { TestReport } from '../../../src/testing/run-tests.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fixpoint } from '../../unit/cli/fake-service.ts';

const root = new URL('../../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');

it('the starter pack, which only plans, mends what its plans say once its rules are trusted', { timeout: 60_000 }, async () => {
  using folder = temporaryFolder();
  const rules = read('rules/kubernetes.yaml');
  const trusted = rules.replaceAll('mode: plan', 'mode: auto');
  expect(trusted.match(/^ {4}mode: auto$/gm)?.length).toBe(rules.match(/^ {2}- name: /gm)?.length);
  writeFileSync(join(folder.path, 'kubernetes.yaml'), trusted);
  const { objects, alerts, metrics } = parse(read('rules/tests/kubernetes.yaml')) as Record<string, unknown>;
  const { tests } = parse(read('test/fixtures/starter-pack-in-auto.yaml')) as { tests: readonly unknown[] };
  const file = join(folder.path, 'trusted.yaml');
  writeFileSync(
    file,
    JSON.stringify({ rules: 'kubernetes.yaml', remediations: join(root, 'remediations'), objects, alerts, metrics, tests }),
  );

  const { out } = await fixpoint(['test', file, '--coverage', '--output', 'json']);
  const report = JSON.parse(out) as TestReport;
  const failed = report.files.flatMap((one) => one.tests.filter(({ outcome }) => outcome === 'failed'));
  expect(failed.map(({ name, failures }) => ({ name, failures }))).toEqual([]);
  expect([report.passed, report.errors]).toEqual([tests.length, 0]);
  expect(report.coverage.rules.filter(({ runs }) => runs === 0)).toEqual([]);
});
