import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { startRealPlatform } from './real-platform.ts';

const speed = 20;

interface GettableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: string };
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

describe('with real Prometheus and Alertmanager', { timeout: 150_000 }, () => {
  let platform: Awaited<ReturnType<typeof startRealPlatform>>;

  beforeAll(async () => {
    platform = await startRealPlatform({ speed });
  });

  afterAll(async () => {
    await platform.stop();
  });

  async function alerts(): Promise<readonly GettableAlert[]> {
    return (await (await fetch(`${platform.alertmanager.url}/api/v2/alerts`)).json()) as GettableAlert[];
  }

  async function firingInPrometheus(name: string): Promise<boolean> {
    const answer = (await (await fetch(`${platform.prometheus.url}/api/v1/alerts`)).json()) as {
      data: { alerts: { labels: Record<string, string>; state: string }[] };
    };
    return answer.data.alerts.some((alert) => alert.labels['alertname'] === name && alert.state === 'firing');
  }

  async function mutations(): Promise<readonly Exchange[]> {
    const { requests } = (await (await fetch(`${platform.sandbox.controlUrl}/requests`)).json()) as { requests: Exchange[] };
    return requests.filter(({ method, path }) => method !== 'GET' && !path.includes('/events'));
  }

  async function replicas(name: string): Promise<number> {
    const response = await fetch(`${platform.sandbox.kubernetesUrl}/apis/apps/v1/namespaces/guardrails-platform/deployments/${name}`);
    return ((await response.json()) as { spec: { replicas: number } }).spec.replicas;
  }

  it('scales the model when HighLatencyP99 fires, and proves that it helped', async () => {
    expect(await replicas('model-prompt-guard')).toBeLessThan(6);
    await platform.inject('llm-guardrails', 'high-latency');
    const run = await platform.api.endOf('guardrails-high-latency', 120_000);
    expect(run).toMatchObject({
      phase: 'succeeded',
      attempt: 1,
      mode: 'auto',
      subject: 'kubernetes/default/guardrails-platform/deployment.apps/model-prompt-guard',
    });
    const rung = run.rungs.find(({ remediation }) => remediation === 'scale-to-demand');
    expect(rung?.steps.find(({ id }) => id === 'scale')?.changes).toEqual([{ what: 'spec.replicas', from: 3, to: 12 }]);
    expect(rung?.verdicts).toContainEqual(expect.objectContaining({ check: 'promql', verdict: 'passed' }));
    expect(await replicas('model-prompt-guard')).toBe(12);
    await waitUntil(async () => !(await firingInPrometheus('HighLatencyP99')), {
      timeoutMs: 30_000,
      describe: 'Prometheus to resolve HighLatencyP99',
    });
    await waitUntil(
      async () =>
        (await platform.api.get<{ incidents: { state: string }[] }>('/api/v1/incidents')).incidents.every(
          ({ state }) => state === 'closed',
        ),
      {
        timeoutMs: 60_000,
        describe: 'the incident to close',
      },
    );
    expect(await platform.api.runs('?rule=guardrails-high-latency')).toHaveLength(1);
  });

  it('restarts the models one after the other when AllModelsDown fires', async () => {
    await platform.inject('llm-guardrails', 'all-models-down');
    const run = await platform.api.endOf('guardrails-all-models-down', 120_000);
    expect(run).toMatchObject({ phase: 'succeeded' });
    expect(run.rungs[0]?.steps.filter(({ action }) => action === 'kubernetes.restart')).toHaveLength(4);
    expect(run.rungs[0]?.verdicts.map(({ verdict }) => verdict)).toEqual(['passed', 'passed']);
    await waitUntil(async () => !(await firingInPrometheus('AllModelsDown')), {
      timeoutMs: 30_000,
      describe: 'Prometheus to resolve AllModelsDown',
    });
  });

  it('calls a person once when nothing helps, and repeats nothing', async () => {
    await platform.inject('llm-research', 'pool-exhausted-stubborn');
    const run = await platform.api.endOf('research-connection-pool-exhausted', 120_000);
    expect(run.phase).toBe('failed');
    expect(run.reason).toContain('did not help');
    const isCall = (alert: GettableAlert) => alert.labels['fixpoint_escalation'] === 'true';
    await waitUntil(async () => (await alerts()).some(isCall), { timeoutMs: 15_000, describe: 'the escalation in Alertmanager' });
    const restarts = async () => (await mutations()).filter(({ path }) => path.endsWith('/deployments/llm-research-api'));
    const before = await restarts();
    expect(before).toHaveLength(1);
    // Another alert's way through the whole chain is time enough for anything that would be repeated.
    await platform.inject('llm-guardrails', 'database-down');
    expect((await platform.api.endOf('guardrails-database-down', 120_000)).phase).toBe('succeeded');
    expect((await alerts()).filter(isCall)).toHaveLength(1);
    expect(await restarts()).toEqual(before);
    expect(await platform.api.runs('?rule=research-connection-pool-exhausted')).toHaveLength(1);
  });
});
