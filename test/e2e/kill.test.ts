import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChild } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';
import { isAlive } from '../support/is-alive.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, hasEnded, webhookBody, type RunView } from './api-client.ts';
import { replicas, scaleUpForLong, startSeparatePlatform, type SeparatePlatform } from './separate-platform.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is promised between the restart and the first sign of life of a run. */
const resumedWithinMs = 15_000;

/** Verification that lasts longer than it takes to kill a process. */
const slowRule = scaleUpForLong({ within: '40s', holdFor: '8s' });

async function endOf(platform: SeparatePlatform, name: string): Promise<RunView> {
  let last = 'no run yet';
  return await waitUntil(
    async () => {
      const [run, ...others] = await platform.runsOn(name);
      if (run !== undefined) last = `${run.phase}: ${run.reason}`;
      expect(others).toEqual([]);
      return run !== undefined && hasEnded(run) ? run : undefined;
    },
    { timeoutMs: 40_000, intervalMs: 100, describe: () => `the run of ${name} to end; it is ${last}` },
  );
}

async function untilPhase(platform: SeparatePlatform, name: string, phase: string): Promise<void> {
  await waitUntil(async () => (await platform.runsOn(name))[0]?.phase === phase, { describe: `the run of ${name} to be ${phase}` });
}

async function untilPatched(platform: SeparatePlatform, name: string): Promise<void> {
  await waitUntil(async () => (await platform.effectsOn(name)).length > 0, { intervalMs: 5, describe: `the patch of ${name} to arrive` });
}

/** Where each run is when the process dies, by the name of its deployment. */
const moments = {
  'planning': { pattern: '^GET .*/deployments/planning/scale$', never: true },
  'before-apply': { pattern: '^PATCH .*/deployments/before-apply/scale$', never: true },
  'during-apply': { pattern: '^PATCH .*/deployments/during-apply/scale$', never: true, isApplied: true },
  // The action reads the generation after its patch, and only then is the step committed.
  'before-commit': {
    pattern: '^GET .*/deployments/before-commit$',
    never: true,
    after: '^PATCH .*/deployments/before-commit/scale$',
  },
} as const;

describe('kill -9 of the service', { timeout: 60_000 }, () => {
  let platform: SeparatePlatform;
  const names = [...Object.keys(moments), 'verifying'];
  const resumedAfterMs = new Map<string, number>();
  const patchesAtDeath = new Map<string, number>();

  beforeAll(async () => {
    platform = await startSeparatePlatform({ rules: slowRule });
    const service = await platform.service();
    for (const name of names) await platform.makeDeployment(name);
    for (const fault of Object.values(moments)) await platform.fault(fault);
    await platform.alert('verifying', { alertname: 'TooSlowForLong' });
    await untilPhase(platform, 'verifying', 'verifying');
    await Promise.all(Object.keys(moments).map((name) => platform.alert(name)));
    for (const name of ['before-apply', 'during-apply', 'before-commit']) await untilPatched(platform, name);
    await untilPhase(platform, 'planning', 'planning');
    await service.kill9();

    for (const name of names) patchesAtDeath.set(name, (await platform.effectsOn(name)).length);
    const diedAt = Date.now();
    await platform.clearFaults();
    const startedAt = performance.now();
    await service.restart();
    await waitUntil(
      async () => {
        for (const name of names) {
          const [run] = await platform.runsOn(name);
          if (!resumedAfterMs.has(name) && run !== undefined && Date.parse(run.updatedAt) > diedAt)
            resumedAfterMs.set(name, performance.now() - startedAt);
        }
        return resumedAfterMs.size === names.length;
      },
      { timeoutMs: 30_000, intervalMs: 100, describe: () => `all runs to go on; those that did: ${[...resumedAfterMs.keys()].join(', ')}` },
    );
    // Alertmanager repeats what still fires.
    for (const name of names) await platform.alert(name, name === 'verifying' ? { alertname: 'TooSlowForLong' } : {});
  }, 90_000);

  afterAll(async () => {
    await platform.stop();
  });

  it('found the runs where they were meant to be', () => {
    expect(Object.fromEntries(patchesAtDeath)).toEqual({
      'planning': 0,
      'before-apply': 1,
      'during-apply': 1,
      'before-commit': 1,
      'verifying': 1,
    });
  });

  it.each(names)('is followed by the rest of the run, with one effect: %s', async (name) => {
    expect(resumedAfterMs.get(name)).toBeLessThan(resumedWithinMs);
    const run = await endOf(platform, name);
    expect(run).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(run.rungs[0]?.steps[0]?.changes).toEqual([{ what: 'spec.replicas', from: replicas.before, to: replicas.after }]);
    expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.after, generation: 2 });
    // A patch is sent again only where the first one was never applied.
    expect(await platform.effectsOn(name)).toHaveLength(name === 'before-apply' ? 2 : 1);
    expect(await platform.pagesAbout(name)).toEqual([]);
  });
});

describe('SIGINT in the middle of a run', { timeout: 60_000 }, () => {
  it('ends with 0 in time, and the next start finishes the run with one effect', async () => {
    const platform = await startSeparatePlatform();
    try {
      const service = await platform.service();
      await service.halt();
      const child = startChild({ command: process.execPath, args: platform.serveArgs, cwd: root });
      await waitUntil(async () => (await fetch(`http://127.0.0.1:${platform.port}/-/ready`)).ok, {
        describe: () => `the service to answer; it wrote:\n${child.output()}`,
      });
      await platform.makeDeployment('interrupted');
      await platform.fault({ pattern: '^PATCH .*/deployments/interrupted/scale$', never: true, isApplied: true, times: 1 });
      await platform.alert('interrupted');
      await untilPatched(platform, 'interrupted');
      const askedAt = performance.now();
      child.signal('SIGINT');
      expect(await child.ended).toBe(0);
      expect(performance.now() - askedAt).toBeLessThan(10_000);
      await service.restart();
      expect(await endOf(platform, 'interrupted')).toMatchObject({ phase: 'succeeded', attempt: 1 });
      expect(await platform.readDeployment('interrupted')).toEqual({ replicas: replicas.after, generation: 2 });
      expect(await platform.effectsOn('interrupted')).toHaveLength(1);
    } finally {
      await platform.stop();
    }
  });

  it('leaves no process of the sandbox service behind, its Redis included', async () => {
    using folder = temporaryFolder();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = ['src/main.ts', 'serve', '--sandbox', '--listen', `127.0.0.1:${port}`, '--data', folder.path];
    const child = startChild({ command: process.execPath, args, cwd: root });
    try {
      await waitUntil(async () => (await fetch(`${url}/-/ready`)).ok, {
        timeoutMs: 20_000,
        describe: () => `the service to answer; it wrote:\n${child.output()}`,
      });
      const { pid } = JSON.parse(readFileSync(join(folder.path, 'redis.json'), 'utf8')) as { pid: number };
      expect(isAlive(pid)).toBe(true);
      const api = new ApiClient(url);
      await api.post('/api/v1/webhook', webhookBody([{ labels: { alertname: 'HighLatencyP99', severity: 'critical' } }]));
      await waitUntil(async () => (await api.runs()).some((run) => !hasEnded(run)), { describe: 'a run to be under way' });
      child.signal('SIGINT');
      expect(await child.ended).toBe(0);
      expect(isAlive(pid)).toBe(false);
      expect(existsSync(join(folder.path, 'redis.json'))).toBe(false);
    } finally {
      await child.stop();
    }
  });
});
