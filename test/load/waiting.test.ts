import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { webhookBody } from '../e2e/api-client.ts';
import { replicas, startSeparatePlatform, subjectOf, type SeparatePlatform } from '../e2e/separate-platform.ts';

/** Each alert is a subject of its own; all want the same deployment, and a person's yes. */
const asking = `
  - name: asking
    summary: Waits for a person
    match: ['alertname="Asking"']
    subject: 'redis/\${alert.fingerprint}'
    mode: approve
    ladder:
      - remediation: scale
        with: { name: shared, replicas: { exactly: ${replicas.after} } }
    verify: { within: 20s, checks: [rolloutComplete: {}] }
`;
const waiting = 5000;

describe('five thousand runs that wait for a person', { timeout: 110_000 }, () => {
  let platform: SeparatePlatform;

  beforeAll(async () => {
    platform = await startSeparatePlatform({ rules: asking });
    await platform.makeDeployment('shared');
    await platform.makeDeployment('urgent');
  }, 60_000);

  afterAll(async () => {
    await platform.stop();
  });

  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${platform.port}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }

  it('hold no worker: a new alert is acted upon while all of them wait, and each of them still can be answered', async () => {
    const alerts = Array.from({ length: waiting }, (_none, index) => ({ labels: { alertname: 'Asking', number: String(index) } }));
    expect((await platform.api.post('/api/v1/webhook', webhookBody(alerts))).status).toBe(202);
    let asked = 0;
    await waitUntil(async () => (asked = await metric('fixpoint_approvals_waiting')) === waiting, {
      timeoutMs: 90_000,
      intervalMs: 500,
      describe: () => `${waiting} runs to wait; ${asked} do`,
    });
    expect(await platform.effectsOn('shared')).toEqual([]);

    expect(await platform.alert('urgent')).toBe(202);
    await waitUntil(async () => (await platform.readDeployment('urgent')).replicas === replicas.after, {
      timeoutMs: 10_000,
      describe: 'the new alert to be acted upon',
    });
    expect(await metric('fixpoint_approvals_waiting')).toBe(waiting);
    expect((await platform.runsOn('urgent')).map(({ subject }) => subject)).toEqual([subjectOf('urgent')]);

    const [one] = await platform.api.runs('?phase=awaiting-approval&limit=1');
    expect((await platform.api.post(`/api/v1/runs/${one?.id}/approve`, { reason: 'looked at it' })).status).toBe(202);
    await waitUntil(async () => (await platform.readDeployment('shared')).replicas === replicas.after, {
      timeoutMs: 10_000,
      describe: 'the approved run to act',
    });
    expect(await platform.effectsOn('shared')).toHaveLength(1);
  });
});
