import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixpoint, type FixpointServer } from '../support/fixpoint.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, webhookBody } from './api-client.ts';
import { sandboxOf } from './sandbox-of.ts';

/** Alerts as the platforms' own files have them: a name and at most a severity. */
const bare = [
  { alertname: 'HighLatencyP99', severity: 'critical', rule: 'guardrails-high-latency' },
  { alertname: 'DatabaseDown', severity: 'critical', rule: 'guardrails-database-down' },
  { alertname: 'DatabaseConnectionPoolExhausted', severity: 'warning', rule: 'research-connection-pool-exhausted' },
] as const;

describe('the service on its sandbox, as npm start runs it', { timeout: 120_000 }, () => {
  const folder = temporaryFolder();
  let service: FixpointServer;
  let api: ApiClient;

  beforeAll(async () => {
    service = await startFixpoint({ args: ['--sandbox'], data: folder.path });
    api = new ApiClient(service.url);
  });

  afterAll(async () => {
    await service.stop();
    folder.remove();
  });

  it.each(bare)('leads a posted $alertname to a verified fix', async ({ alertname, severity, rule }) => {
    const answer = await api.post('/api/v1/webhook', webhookBody([{ labels: { alertname, severity } }]));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
    const run = await api.endOf(rule, 60_000);
    expect(run).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(run.rungs.at(-1)?.verdicts.map(({ verdict }) => verdict)).not.toContain('inconclusive');
    expect(run.decisions.map(({ guard }) => guard)).toEqual(
      expect.arrayContaining(['paused', 'protectedTarget', 'stillFiring', 'cooldown', 'rate', 'targetLock', 'approval']),
    );
  });

  it('leaves an Event on the target that names the run', async () => {
    const [run] = await api.runs('?rule=guardrails-high-latency');
    const { kubernetesUrl } = sandboxOf(service.data);
    const path = '/api/v1/namespaces/guardrails-platform/events?fieldSelector=involvedObject.name%3Dmodel-prompt-guard';
    const { items } = (await (await fetch(kubernetesUrl + path)).json()) as {
      items: { reason: string; message: string; metadata: { annotations?: Record<string, string> } }[];
    };
    const event = items.find(({ reason }) => reason === 'Scaled');
    expect(event?.metadata.annotations?.['fixpoint.dev/run']).toBe(run?.id);
    expect(event?.message).toContain('spec.replicas 3 → 12');
  });

  it('closes the incidents when the patients say that they are well', async () => {
    await waitUntil(
      async () =>
        (await api.get<{ incidents: { state: string }[] }>('/api/v1/incidents')).incidents.every(({ state }) => state === 'closed'),
      {
        timeoutMs: 60_000,
        describe: 'all incidents to close',
      },
    );
  });

  it('plans a replay and changes nothing', async () => {
    const answer = await api.post('/api/v1/replay', {
      webhook: webhookBody([{ labels: { alertname: 'AllModelsDown', severity: 'critical', platform: 'llm-guardrails' } }]),
      source: 'llm-guardrails',
    });
    expect(answer.status).toBe(202);
    const [id] = answer.body['runs'] as string[];
    const run = await waitUntil(
      async () => {
        const replayed = await api.run(id ?? '');
        return replayed.phase === 'planned' ? replayed : undefined;
      },
      { describe: 'the replay to be planned' },
    );
    expect(run.rungs[0]?.steps.filter(({ action }) => action === 'kubernetes.restart')).toHaveLength(4);
  });

  it('begins nothing while the pause file is there, and goes on by itself when it is gone', async () => {
    const file = join(service.data, 'PAUSED');
    writeFileSync(file, '');
    await api.post('/api/v1/webhook', webhookBody([{ labels: { alertname: 'SingleModelDown', model: 'hate-detect' } }]));
    const rule = '?rule=guardrails-single-model-down';
    const held = await waitUntil(async () => (await api.runs(rule)).find(({ phase }) => phase === 'waiting'), {
      describe: 'the run to wait',
    });
    expect(held.reason).toBe(`paused: paused by the file ${file}`);
    const { local } = await api.get<{ local: object }>('/api/v1/pauses');
    expect(local).toMatchObject({ how: 'file', name: file, reason: `paused by the file ${file}` });
    expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(/^fixpoint_paused 1$/m);
    rmSync(file);
    expect(await api.endOf('guardrails-single-model-down', 60_000)).toMatchObject({ phase: 'succeeded' });
  });

  it('is paused over a restart', async () => {
    expect(
      (await api.post('/api/v1/pauses', { scope: { kind: 'rule', name: 'guardrails-database-down' }, reason: 'hands off' })).status,
    ).toBe(201);
    const pauses = () => api.get<{ pauses: { id: string; reason: string }[] }>('/api/v1/pauses');
    const before = await pauses();
    expect(before.pauses).toMatchObject([{ reason: 'hands off' }]);
    await service.restart();
    expect(await pauses()).toEqual(before);
  });

  it('keeps its data over a restart, and the same alert is a new incident then', async () => {
    const before = await api.runs();
    await service.restart();
    expect((await api.runs()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    const known = new Set(before.map(({ incident }) => incident));
    await api.post('/api/v1/webhook', webhookBody([{ labels: { alertname: 'HighLatencyP99', severity: 'critical' } }]));
    const again = await waitUntil(
      async () => (await api.runs('?rule=guardrails-high-latency')).find(({ incident }) => !known.has(incident)),
      {
        timeoutMs: 20_000,
        describe: 'a run of a new incident',
      },
    );
    expect(again.attempt).toBe(1);
  });
});
