import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixpoint, type FixpointServer } from '../support/fixpoint.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, hasEnded, webhookBody } from '../e2e/api-client.ts';
import { startSeparatePlatform, subjectOf, type SeparatePlatform } from '../e2e/separate-platform.ts';

/** The shipped rules wait for metrics to settle; here a rollout is evidence enough, so that many runs are in each phase at each restart. */
const rule = `
  - name: scale-at-once
    summary: As scale-up, verified by its rollout alone
    match: ['alertname="TooSlowToWait"', 'deployment!=""']
    mode: auto
    ladder:
      - remediation: scale
        with: { name: '\${labels.deployment}', replicas: { exactly: 3 } }
    guards: { cooldown: 10m, rate: 1000/1h, attempts: 1, blastRadius: { targets: 1000 }, failureBudget: 1000/1d, concurrency: 1000 }
    verify: { within: 60s, checks: [{ rolloutComplete: {} }] }
`;

const rounds = 2;
const roles = ['all', 'api', 'worker'] as const;
/** Between two alerts. */
const everyMs = 150;
/** For each restart: while a process stops, is away, and comes up. */
const perRestart = 15;

/** An Alertmanager behind a Service that forwards to those who answer: what gets a 5xx, or no answer, is sent again, to another. */
async function deliver(services: readonly FixpointServer[], deployment: string, turn: number): Promise<{ sent: number }> {
  const body = JSON.stringify(webhookBody([{ labels: { alertname: 'TooSlowToWait', deployment } }]));
  let sent = 0;
  let dropped: number | undefined;
  await waitUntil(
    async () => {
      sent += 1;
      const { url } = services[(turn + sent) % services.length] ?? { url: '' };
      const { status } = await fetch(`${url}/api/v1/webhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(5000),
      });
      dropped = status >= 500 || status === 202 ? undefined : status;
      return status === 202 || dropped !== undefined;
    },
    { timeoutMs: 30_000, intervalMs: 100, describe: () => `somebody to take ${deployment}` },
  );
  if (dropped !== undefined) throw new Error(`Alertmanager would drop ${deployment}: ${dropped}`);
  return { sent };
}

describe('a rolling restart under load', { timeout: 180_000 }, () => {
  let platform: SeparatePlatform;
  const services: FixpointServer[] = [];

  beforeAll(async () => {
    platform = await startSeparatePlatform({ rules: rule, reconfigure: (text) => `${text}\nhistory: { none: true }\n` });
    services.push(await platform.service());
    const at = (name: string) => join(platform.folder, name);
    const args = [
      '--redis',
      platform.redis.url,
      '--config',
      at('fixpoint.yaml'),
      '--rules',
      at('rules'),
      '--remediations',
      at('remediations'),
    ];
    services.push(...(await Promise.all(roles.slice(1).map((role) => startFixpoint({ args: [...args, '--role', role] })))));
  }, 60_000);

  afterAll(async () => {
    await Promise.all(services.slice(1).map((service) => service.stop()));
    await platform.stop();
  });

  it('begins with three that know of each other, and have the same rules', async () => {
    for (const { url } of services)
      await waitUntil(
        async () => {
          const text = await (await fetch(`${url}/metrics`)).text();
          return /^fixpoint_replicas 3$/m.test(text) && /^fixpoint_replica_rulebooks 1$/m.test(text);
        },
        { describe: () => `${url} to know of the others` },
      );
  });

  it('loses no alert and doubles no change', async () => {
    const names: string[] = [];
    const deliveries: Promise<{ sent: number }>[] = [];
    const over = new AbortController();
    let wanted = 0;
    const load = (async () => {
      for await (const { aborted } of setInterval(everyMs, over.signal)) {
        if (aborted) return;
        if (names.length >= wanted) continue;
        const name = `rolled-${names.length}`;
        await platform.makeDeployment(name);
        names.push(name);
        deliveries.push(deliver(services, name, names.length));
      }
    })();
    const api = () => new ApiClient(services.find((service) => service.isRunning())?.url ?? '');
    for (let round = 0; round < rounds; round += 1)
      for (const service of services) {
        wanted += perRestart;
        const begun = wanted - perRestart + 3;
        await waitUntil(() => names.length >= begun, { timeoutMs: 30_000, describe: () => 'alerts to be on their way' });
        await service.halt();
        await service.restart();
      }
    await waitUntil(() => names.length === wanted, { timeoutMs: 30_000, describe: () => 'all alerts to be on their way' });
    over.abort();
    await load;
    const answered = await Promise.all(deliveries);
    expect(names).toHaveLength(rounds * roles.length * perRestart);
    // Some were refused by a process that was stopping, or found nobody: that is what the test is about.
    expect(answered.some(({ sent }) => sent > 1)).toBe(true);
    for (const service of services) expect(service.output()).not.toMatch(/takes too long|"level":"error"/);

    let unfinished: readonly string[] = names;
    await waitUntil(
      async () => {
        const runs = await Promise.all(unfinished.map(async (name) => ({ name, runs: await runsOn(api(), name) })));
        unfinished = runs.filter((one) => !one.runs.some(hasEnded)).map(({ name }) => name);
        return unfinished.length === 0;
      },
      { timeoutMs: 90_000, intervalMs: 250, describe: () => `all runs to end; not yet: ${unfinished.join(', ')}` },
    );
    const effects = await platform.requests('?effects');
    for (const name of names) {
      const runs = await runsOn(api(), name);
      expect(
        runs.map(({ phase, attempt }) => `${phase} ${attempt}`),
        name,
      ).toEqual(['succeeded 1']);
      expect(await platform.readDeployment(name)).toEqual({ replicas: 3, generation: 2 });
      expect(
        effects.filter(({ method, path }) => method === 'PATCH' && path.includes(`/deployments/${name}/`)),
        name,
      ).toHaveLength(1);
    }
    const { incidents } = await api().get<{ incidents: readonly { subject: string }[] }>('/api/v1/incidents?limit=500');
    expect(incidents.map(({ subject }) => subject).toSorted()).toEqual(names.map(subjectOf).toSorted());
  });
});

async function runsOn(api: ApiClient, name: string) {
  return await api.runs(`?subject=${encodeURIComponent(subjectOf(name))}`);
}
