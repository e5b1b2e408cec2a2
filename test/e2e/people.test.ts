import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve, type Served } from '../integration/http/served.ts';
import { AlertmanagerApi } from '../integration/alertmanager/alertmanager-api.ts';
import { startAlertmanager } from '../support/alertmanager.ts';
import { freePort } from '../support/free-port.ts';
import type { HttpServer } from '../support/http-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { hasEnded, type RunView } from './api-client.ts';
import { startSeparatePlatform, type SeparatePlatform } from './separate-platform.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const rule = (name: string, alertname: string, more: string) => `
  - name: ${name}
    summary: A deployment has too little to work with
    match: ['alertname="${alertname}"', 'deployment!=""']
    ladder:
      - remediation: scale
        with: { name: '\${labels.deployment}', replicas: { exactly: 6 } }
    guards: { cooldown: 10m, rate: 1000/1h, attempts: 1 }
    flap: 1s
    ${more}
`;
const helps =
  'checks: [{ promql: { query: \'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}\', expect: value < 0.1, window: 1s, scrape: 1s, for: 8s } }]';
const helpsNot =
  'checks: [{ promql: { query: \'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}\', expect: value < 0.0, window: 1s, scrape: 1s, for: 1s } }]';
const rules = [
  rule('asking', 'Asking', `mode: approve\n    verify: { within: 40s, ${helps} }`),
  rule('silently', 'Silently', `mode: auto\n    silence: true\n    verify: { within: 60s, ${helps} }`),
  rule('helpless', 'Helpless', `mode: auto\n    verify: { within: 2s, ${helpsNot} }`),
  // Whatever comes back would be taken up.
  `
  - name: everything
    summary: Anything at all
    match: ['alertname=~"Fixpoint.*"']
    subject: http/everything:1
    mode: plan
    ladder: [{ remediation: scale, with: { name: everything, replicas: { exactly: 1 } } }]
`,
].join('');

interface SlackMessage {
  readonly text: string;
}

describe('people', { timeout: 120_000 }, () => {
  let platform: SeparatePlatform;
  let alertmanager: HttpServer;
  let api: AlertmanagerApi;
  let slack: Served;

  beforeAll(async () => {
    slack = await serve((_request, response) => void response.end('ok'));
    const gone = await freePort();
    const port = await freePort();
    // Everything comes to us, calls of our own too.
    const config = `route: { receiver: fixpoint, group_by: ['...'], group_wait: 0s, group_interval: 1s }
receivers: [{ name: fixpoint, webhook_configs: [{ url: 'http://127.0.0.1:${port}/api/v1/webhook/real', send_resolved: true }] }]
`;
    alertmanager = await startAlertmanager({ config });
    api = new AlertmanagerApi(alertmanager.url);
    platform = await startSeparatePlatform({
      rules,
      port,
      reconfigure: (text) =>
        `${text
          .replace(
            'clusters:',
            `  real: { evidence: api, alertmanager: '${alertmanager.url}', prometheus: '${/prometheus: '([^']+)'/.exec(text)?.[1]}' }\nclusters:`,
          )
          .replace(/escalation:[^]*$/, '')}
escalation:
  - webhook: { url: 'http://127.0.0.1:${gone}' }
  - alertmanager: { url: '${alertmanager.url}' }
notices:
  - on: [approval-asked, approval-answered, run-ended]
    webhook: { url: '${slack.origin}/slack', format: slack }
publicUrl: https://fixpoint.example
`,
    });
  }, 90_000);

  afterAll(async () => {
    await platform.stop();
    await alertmanager.stop();
    await slack[Symbol.asyncDispose]();
  });

  /** What was posted; the doctor's look at the address at start has no body. */
  const told = () => slack.seen.filter(({ body }) => body !== '').map(({ body }) => (JSON.parse(body) as SlackMessage).text);
  const toldOf = (run: RunView) => told().filter((text) => text.includes(`#${run.id}>`));

  async function untilRun(name: string, is: (run: RunView) => boolean): Promise<RunView> {
    let last = 'no run yet';
    return await waitUntil(
      async () => {
        const [run] = await platform.runsOn(name);
        if (run !== undefined) last = `${run.phase}: ${run.reason}`;
        return run !== undefined && is(run) ? run : undefined;
      },
      { timeoutMs: 60_000, intervalMs: 100, describe: () => `the run of ${name}; it is ${last}` },
    );
  }

  async function cli(...args: string[]): Promise<string> {
    const child = spawn(process.execPath, ['src/main.ts', ...args, '--server', `http://127.0.0.1:${platform.port}`], { cwd: root });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    return Buffer.concat(chunks).toString();
  }

  async function fire(alertname: string, deployment: string): Promise<void> {
    await platform.makeDeployment(deployment);
    await api.fire({ alertname, deployment });
  }

  it('are asked with the changes, answer on the command line, and hear what came of it', async () => {
    await fire('Asking', 'asked');
    const run = await untilRun('asked', ({ phase }) => phase === 'awaiting-approval');
    const [question] = await waitUntil(() => (toldOf(run).length > 0 ? toldOf(run) : undefined), { describe: 'the question to be asked' });
    expect(question).toMatch(
      new RegExp(
        `^\\*Asking: asking asks for approval\\*\\nasking, attempt 1, on kubernetes/default/default/deployment.apps/asked\\n\\nrung 1: scale\\n` +
          `  kubernetes/default/default/deployment.apps/asked\\n    spec.replicas: 1 → 6\\n\\nexpires \\S+ \\(in 59m\\d+s\\)\\n` +
          `fixpoint approve ${run.id} --reason "…"\\nfixpoint deny ${run.id} --reason "…"\\n<https://fixpoint.example/#${run.id}>$`,
      ),
    );
    expect((await platform.api.runs('?phase=awaiting-approval')).map(({ id }) => id)).toEqual([run.id]);
    const listed = await cli('approvals');
    expect(listed).toContain(`${run.id}  asking on kubernetes/default/default/deployment.apps/asked\n`);
    expect(listed).toContain('spec.replicas: 1 → 6');
    expect(await cli('approve', run.id, '--reason', 'looks right')).toBe(`run ${run.id}: approved\n`);
    const ended = await untilRun('asked', hasEnded);
    expect(ended).toMatchObject({ phase: 'succeeded', approval: { answer: { approved: true, reason: 'looks right' } } });
    await waitUntil(() => toldOf(run).length === 3, { describe: 'the notices of the answer and the end' });
    expect(toldOf(run)[1]).toMatch(/^\*Asking: approved by \S+.*: asking on/);
    expect(toldOf(run)[2]).toMatch(/^\*Asking: asking succeeded on/);
    expect(await cli('runs', run.id)).toMatch(/ {2}approval {3}approve by \S+: looks right\n/);
  });

  it('do not hear of an alert that is being fixed, also when the worker is killed, and the run is not superseded by that', async () => {
    await fire('Silently', 'silent');
    const run = await untilRun('silent', ({ phase }) => phase === 'verifying');
    const own = async () => (await api.silences()).filter(({ comment }) => comment.includes(` ${run.id} `));
    await waitUntil(async () => (await own()).length === 1, { describe: 'the silence' });
    const [silence] = await own();
    expect(Date.parse(silence?.endsAt ?? '') - Date.now()).toBeLessThanOrEqual(120_000);
    const service = await platform.service();
    await service.kill9();
    expect(await own()).toHaveLength(1);
    await service.restart();
    const ended = await untilRun('silent', hasEnded);
    expect([ended.phase, ended.attempt]).toEqual(['succeeded', 1]);
    expect(ended.decisions.filter(({ decision }) => decision === 'supersede')).toEqual([]);
    await waitUntil(async () => (await own()).length === 0, { describe: 'the silence to end with the run' });
    const [alert] = await api.alerts('Silently');
    expect(alert?.status.silencedBy).toEqual([]);
  });

  it('are called by the second channel when the first is gone, and left in peace once it is handled', async () => {
    await fire('Helpless', 'helpless');
    const run = await untilRun('helpless', hasEnded);
    expect(run.phase).toBe('failed');
    const calls = async () => (await api.alerts('FixpointEscalation')).filter(({ labels }) => labels['incident'] === run.incident);
    await waitUntil(async () => (await calls()).length === 1, { describe: 'the call' });
    await platform.api.post(`/api/v1/runs/${run.id}/acknowledge`, { reason: 'seen' });
    await waitUntil(async () => (await calls()).length === 0, { describe: 'the call to be resolved' });
    const metrics = await (await fetch(`http://127.0.0.1:${platform.port}/metrics`)).text();
    expect(metrics).toMatch(/fixpoint_escalations_total\{rule="helpless",result="ended"\} 1/);
    // The call went through Alertmanager to us and back: nothing came of it.
    const notifications = await platform.api.get<{ notifications: { source: string }[] }>('/api/v1/notifications');
    expect(notifications.notifications.some(({ source }) => source === 'real')).toBe(true);
    expect(await platform.api.runs('?rule=everything')).toEqual([]);
  });
});
