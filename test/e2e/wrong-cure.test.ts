import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixpoint, type FixpointServer } from '../support/fixpoint.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, webhookBody } from './api-client.ts';
import { sandboxOf } from './real-platform.ts';

/** Restarting what has too few replicas: it looks like a remedy, its rollout completes, and nothing gets better. */
const wrongRule = `
rules:
  - name: wrong-cure
    summary: Restarts where scaling is needed
    match: ['alertname="HighLatencyP99"']
    mode: auto
    ladder:
      - { remediation: restart-deployment, with: { namespace: guardrails-platform, name: model-prompt-guard } }
    guards: { cooldown: 1h, attempts: 1 }
    verify:
      within: 5m
      checks:
        - rolloutComplete: {}
        - promql: { query: 'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}', expect: value < 0.1, window: 1m, for: 30s }
`;

describe('a remediation that does not cure', { timeout: 60_000 }, () => {
  const folder = temporaryFolder();
  let service: FixpointServer;
  let api: ApiClient;

  beforeAll(async () => {
    mkdirSync(join(folder.path, 'rules'));
    writeFileSync(join(folder.path, 'rules', 'wrong.yaml'), wrongRule);
    cpSync(new URL('../../remediations', import.meta.url), join(folder.path, 'remediations'), { recursive: true });
    service = await startFixpoint({
      args: ['--sandbox', '--speed', '30', '--rules', join(folder.path, 'rules'), '--remediations', join(folder.path, 'remediations')],
    });
    api = new ApiClient(service.url);
  });

  afterAll(async () => {
    await service.stop();
    folder.remove();
  });

  it('leaves the patient ill, ends failed though its rollout completed, and calls a person once', async () => {
    await api.post('/api/v1/webhook', webhookBody([{ labels: { alertname: 'HighLatencyP99', severity: 'critical' } }]));
    const run = await api.endOf('wrong-cure', 40_000);
    expect(run).toMatchObject({ phase: 'failed' });
    expect(run.rungs[0]?.verdicts).toEqual([
      expect.objectContaining({ check: 'rolloutComplete', verdict: 'passed' }),
      expect.objectContaining({ check: 'promql', verdict: 'failed' }),
    ]);
    const { controlUrl } = sandboxOf(service.data);
    const patients = await (await fetch(`${controlUrl}/patients`)).text();
    expect(patients).toContain('high-latency');
    const pages = async () => ((await (await fetch(`${controlUrl}/pages`)).json()) as { pages: object[] }).pages;
    await waitUntil(async () => (await pages()).length > 0, { describe: 'a call to a person' });
    await api.post('/api/v1/webhook', webhookBody([{ labels: { alertname: 'HighLatencyP99', severity: 'critical' } }]));
    await waitUntil(async () => (await api.get<{ notifications: object[] }>('/api/v1/notifications')).notifications.length >= 2, {
      describe: 'the repeated alert to be taken in',
    });
    expect(await pages()).toHaveLength(1);
    expect(await api.runs()).toHaveLength(1);
  });
});
