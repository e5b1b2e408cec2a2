import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { alertCases, healthy, type AlertCase } from '../../support/deploy/alert-cases.ts';
import { serverProgram } from '../../support/server-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;
const alertFile = join(root, 'deploy/prometheus/fixpoint-alerts.yaml');

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

const groups = (parse(readFileSync(alertFile, 'utf8')) as { groups: readonly { name: string; rules: readonly AlertRule[] }[] }).groups;
const rules = groups.flatMap((group) => group.rules);

/** Debian puts them beside the servers. */
const promtool = () => join(serverProgram('prometheus'), '../promtool');
const amtool = () => join(serverProgram('alertmanager'), '../amtool');

/** Runs the rules against series as they come in; `expected` by minute and alert: the labels it fires with. */
async function seen(
  series: Readonly<Record<string, string>>,
  expected: readonly { at: number; alert: string; labels?: object }[],
): Promise<void> {
  using folder = temporaryFolder();
  // promtool would compare annotations letter by letter.
  const bare = groups.map((group) => ({ ...group, rules: group.rules.map(({ annotations: _annotations, ...rule }) => rule) }));
  writeFileSync(join(folder.path, 'rules.yaml'), stringify({ groups: bare }));
  const test = {
    rule_files: ['rules.yaml'],
    evaluation_interval: '30s',
    tests: [
      {
        interval: '30s',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        alert_rule_test: expected.map(({ at, alert, labels }) => ({
          eval_time: `${at}m`,
          alertname: alert,
          exp_alerts: labels === undefined ? [] : [{ exp_labels: labels }],
        })),
      },
    ],
  };
  writeFileSync(join(folder.path, 'test.yaml'), stringify(test));
  const { stdout } = await run(promtool(), ['test', 'rules', 'test.yaml'], { cwd: folder.path }).catch(
    (error: Error & { stdout: string; stderr: string }) => {
      throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
    },
  );
  expect(stdout).toContain('SUCCESS');
}

describe('alerts about ourselves', () => {
  it('are rules as Prometheus reads them, and each has a case', async () => {
    const { stdout } = await run(promtool(), ['check', 'rules', alertFile]);
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
    expect(alertCases.map(({ alert }) => alert).toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
    for (const { alert, labels, annotations } of rules) {
      expect(labels, alert).toEqual({ severity: expect.stringMatching(/^(critical|warning)$/) as string, component: 'fixpoint' });
      expect(annotations.description.length, alert).toBeGreaterThan(40);
    }
  });

  it.each(alertCases)('$alert fires when it should, and not before', async ({ alert, series, fires, notYet, labels }: AlertCase) => {
    const rule = rules.find((one) => one.alert === alert);
    await seen(series, [
      { at: notYet, alert },
      { at: fires, alert, labels: { ...rule?.labels, ...labels } },
    ]);
  });

  it('are silent while all is well, whatever passes', async () => {
    await seen(healthy, Array.from({ length: 29 }, (_, minute) => rules.map(({ alert }) => ({ at: minute + 1, alert }))).flat());
  });

  it('name metrics that there are', () => {
    const documented = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
    for (const { alert, expr } of rules)
      for (const [, metric = ''] of expr.matchAll(/\b(fixpoint_\w+?)(?:_bucket|_sum|_count)?\b(?=[{)\s])/g))
        expect(documented, `${alert}: ${metric}`).toContain(`| \`${metric}\` |`);
  });

  it('go to a person, and not to Fixpoint', async () => {
    const config = join(root, 'deploy/alertmanager/alertmanager.yml');
    const route = async (...labels: readonly string[]) =>
      (await run(amtool(), ['config', 'routes', 'test', `--config.file=${config}`, ...labels])).stdout.trim();
    expect(await route('alertname=FixpointDown', 'component=fixpoint', 'severity=critical')).toBe('person');
    expect(await route('alertname=HighLatencyP99', 'severity=critical')).toBe('fixpoint');
    expect(await route('alertname=HighLatencyP99', 'fixpoint_escalation=true')).toBe('person');
  });
});
