import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serverProgram } from '../../support/server-program.ts';
import { shippedRules } from '../../support/shipped-rules.ts';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;
const promtool = (...args: readonly string[]) => run(join(dirname(serverProgram('prometheus')), 'promtool'), [...args], { cwd: root });

const ruleFiles = globSync('deploy/prometheus/*.yaml', { cwd: root }).toSorted();
const testFiles = globSync('deploy/prometheus/tests/*.yaml', { cwd: root }).toSorted();

interface AlertRule {
  readonly alert: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The alerts of a file of Prometheus rules. */
function alertsIn(file: string): readonly AlertRule[] {
  const { groups } = parse(readFileSync(join(root, file), 'utf8')) as { groups: readonly { rules: readonly Partial<AlertRule>[] }[] };
  return groups.flatMap(({ rules }) => rules.flatMap(({ alert, labels = {} }) => (alert === undefined ? [] : [{ alert, labels }])));
}

describe('the Prometheus rules of deploy/', () => {
  it('are there, with tests of their own', () => {
    expect(ruleFiles).toEqual(expect.arrayContaining(['deploy/prometheus/llm-guardrails.yaml', 'deploy/prometheus/llm-research.yaml']));
    expect(testFiles).toContain('deploy/prometheus/tests/llm-guardrails.yaml');
    const untestable = testFiles.filter((file) => !ruleFiles.includes(join('deploy/prometheus', basename(file))));
    expect(untestable).toEqual([]);
  });

  it.each(ruleFiles)('are understood by promtool: %s', async (file) => {
    expect((await promtool('check', 'rules', file)).stdout).toContain('SUCCESS');
  });

  it.each(testFiles)('do what their tests say: %s', async (file) => {
    expect((await promtool('test', 'rules', file)).stdout).toContain('SUCCESS');
  });

  it('are all loaded by the shipped Prometheus', async () => {
    const { stdout } = await promtool('check', 'config', 'deploy/prometheus/prometheus.yml');
    for (const file of ruleFiles) expect(stdout).toContain(`Checking ${file}`);
  });
});

const packs = ruleFiles.filter((file) => existsSync(join(root, 'rules', basename(file))));

describe.each(packs)('the alerts of %s', (file) => {
  const platform = basename(file, '.yaml');
  const alerts = alertsIn(file);

  it('say which platform and namespace they are about', () => {
    expect(alerts.length).toBeGreaterThan(0);
    for (const { labels } of alerts) expect(labels).toMatchObject({ platform, namespace: expect.any(String) as string });
  });

  it('are each answered by a rule of rules/ of the same name', () => {
    const rules = shippedRules().filter(({ file: of }) => basename(of) === basename(file));
    const answers = (alert: string) =>
      rules.some(({ matchers }) => matchers.some((one) => one.name === 'alertname' && one.matches({ alertname: alert })));
    expect(alerts.map(({ alert }) => alert).filter((alert) => !answers(alert))).toEqual([]);
  });
});
