import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixpoint, type FixpointServer } from '../../support/fixpoint.ts';
import type { HttpServer } from '../../support/http-server.ts';
import { listening, type Listening } from '../../support/listening.ts';
import { startPrometheus } from '../../support/prometheus.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const root = new URL('../../../', import.meta.url).pathname;

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(readFileSync(join(root, 'deploy/grafana/fixpoint.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[] };
};
const queries = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

const rules = `
rules:
  - name: hopeless
    summary: Its Deployment does not exist
    match: ['alertname="Hopeless"']
    mode: auto
    ladder: [{ remediation: restart-deployment, with: { namespace: guardrails-platform, name: not-there } }]
    guards: { failureBudget: 1/1d, attempts: 1 }
    verify: { within: 1m, checks: [{ rolloutComplete: {} }] }
  - name: second
    summary: A series that exists already goes up
    match: ['alertname="Second"']
    mode: auto
    ladder: [{ remediation: scale-deployment, with: { namespace: guardrails-platform, name: model-pii-detect, replicas: { atLeast: 4 } } }]
    verify: { within: 1m, checks: [{ rolloutComplete: {} }] }
  - name: asked
    summary: A person is asked
    match: ['alertname="Asked"']
    mode: approve
    ladder: [{ remediation: restart-deployment, with: { namespace: guardrails-platform, name: model-hate-detect } }]
    verify: { within: 1m, checks: [{ rolloutComplete: {} }] }
`;

/** As Grafana fills its variables in. */
function filled(expr: string): string {
  return expr.replaceAll('$__rate_interval', '10s').replaceAll('$job', '.+');
}

describe('a real Prometheus that scrapes a real service', { timeout: 90_000 }, () => {
  const folder = temporaryFolder();
  let people: Listening;
  let service: FixpointServer;
  let prometheus: HttpServer;

  beforeAll(async () => {
    people = await listening((_request, response) => void response.writeHead(200).end('{}'));
    for (const name of ['rules', 'secrets']) mkdirSync(join(folder.path, name));
    writeFileSync(join(folder.path, 'rules/b-test.yaml'), rules);
    writeFileSync(join(folder.path, 'rules/a-guardrails.yaml'), readFileSync(join(root, 'rules/llm-guardrails.yaml'), 'utf8'));
    writeFileSync(
      join(folder.path, 'fixpoint.yaml'),
      `sources:
  watched: { evidence: receipt, heartbeat: ['alertname="Watchdog"'] }
notices:
  - { on: [run-ended, approval-asked], webhook: { url: '${people.origin}/notice', format: json } }
`,
    );
    const args = ['--sandbox', '--speed', '50', '--config', join(folder.path, 'fixpoint.yaml')];
    service = await startFixpoint({ args: [...args, '--rules', join(folder.path, 'rules'), '--remediations', join(root, 'remediations')] });
    prometheus = await startPrometheus({
      config: `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${join(root, 'deploy/prometheus/fixpoint-alerts.yaml')}]
scrape_configs:
  - job_name: fixpoint
    static_configs: [{ targets: ['127.0.0.1:${service.port}'] }]
`,
    });
    // What has never happened has no series: two scrapes before anything does, so that the first time counts as an increase.
    await hasData('count_over_time(fixpoint_ready[1m]) >= 2');
    // Nothing has been heard since the start: that is when it counts from.
    await hasData('abs(fixpoint_source_heartbeat_timestamp_seconds{source="watched"} - time()) < 60');
    await alert('watched', { alertname: 'Watchdog' });
    await alert('watched', { alertname: 'Hopeless' });
    await alert('watched', { alertname: 'Asked' });
    await alert('llm-guardrails', { alertname: 'HighLatencyP99', severity: 'critical', platform: 'llm-guardrails' });
    await hasData('sum(fixpoint_runs_total{outcome="succeeded"}) > 0 and sum(fixpoint_runs_total{outcome="failed"}) > 0');
    await hasData('fixpoint_action_duration_seconds_count{action="kubernetes.scale"}');
    await alert('watched', { alertname: 'Second' });
  }, 60_000);

  afterAll(async () => {
    await prometheus?.stop();
    await service?.stop();
    await people?.[Symbol.asyncDispose]();
    folder.remove();
  });

  async function alert(source: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const response = await fetch(`${service.url}/api/v1/webhook/${source}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ version: '4', alerts: [{ status: 'firing', labels }] }),
    });
    expect(response.status).toBe(202);
  }

  /** Whether any sample of the last minutes is a number. */
  async function isData(expr: string): Promise<boolean> {
    const now = Math.floor(Date.now() / 1000);
    const range = `query=${encodeURIComponent(expr)}&start=${now - 60}&end=${now}&step=1`;
    const answer = (await (await fetch(`${prometheus.url}/api/v1/query_range?${range}`)).json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: { readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[] };
    };
    if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
    return answer.data?.result.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value)))) ?? false;
  }

  async function hasData(expr: string): Promise<void> {
    await waitUntil(() => isData(expr), { timeoutMs: 40_000, intervalMs: 250, describe: () => `data for ${expr}` });
  }

  it('has data for every query of the dashboard', async () => {
    expect(queries.length).toBeGreaterThan(25);
    for (const { title, expr } of queries)
      await waitUntil(() => isData(filled(expr)), { timeoutMs: 20_000, intervalMs: 250, describe: () => `data for ${title}: ${expr}` });
  });

  it('knows the values of its variable', async () => {
    const { query } = dashboard.templating.list.find(({ name }) => name === 'job') ?? { query: '' };
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(typeof query === 'string' ? query : query.query) ?? [];
    const answer = (await (await fetch(`${prometheus.url}/api/v1/label/${label}/values?match[]=${metric}`)).json()) as { data: string[] };
    expect(answer.data).toEqual(['fixpoint']);
  });

  it('shows every metric of docs/metrics.md that has happened, and none besides', async () => {
    const documented = Array.from(
      readFileSync(join(root, 'docs/metrics.md'), 'utf8').matchAll(/^\| `(fixpoint_\w+)` \| (\w+) /gm),
      ([, name, type]) => `${name} ${type}`,
    );
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const live = Array.from(text.matchAll(/^# TYPE (\w+) (\w+)$/gm), ([, name, type]) => `${name} ${type}`);
    expect(live.toSorted()).toEqual(documented.toSorted());
  });

  it('knows when a heartbeat has come', async () => {
    await hasData(
      'max(fixpoint_source_heartbeat_timestamp_seconds) > min_over_time(max(fixpoint_source_heartbeat_timestamp_seconds)[1m:1s])',
    );
  });

  it('fires the alert of the rule that lost its autonomy, and those of nothing that is well', async () => {
    const firing = async () =>
      (
        (await (await fetch(`${prometheus.url}/api/v1/alerts`)).json()) as {
          data: { alerts: readonly { state: string; labels: Readonly<Record<string, string>> }[] };
        }
      ).data.alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => `${labels['alertname']} ${labels['rule'] ?? labels['source'] ?? ''}`.trim());
    await waitUntil(async () => (await firing()).includes('FixpointRuleDemoted hopeless'), {
      timeoutMs: 20_000,
      describe: () => 'the alert to fire',
    });
    expect(await firing()).toEqual(['FixpointRuleDemoted hopeless']);
  });

  it('shows rules that are refused, until they are put right', async () => {
    const file = join(folder.path, 'rules/c-broken.yaml');
    const refused = async () => /^fixpoint_rules_refused (\d)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1];
    expect(await refused()).toBe('0');
    writeFileSync(file, 'rules: [{ name: broken }]\n');
    await waitUntil(async () => (await refused()) === '1', { describe: () => 'the rules to be refused' });
    rmSync(file);
    await waitUntil(async () => (await refused()) === '0', { describe: () => 'the rules to be taken again' });
  });
});
