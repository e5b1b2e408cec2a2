import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startFixpoint } from '../support/fixpoint.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, hasEnded } from './api-client.ts';
import { replicas, startSeparatePlatform, subjectOf } from './separate-platform.ts';

const reconfigure = (text: string) => `${text}\nhistory: { none: true }\n`;

it('roles apart: what the api takes waits for a worker, and what a worker has begun needs no api', { timeout: 120_000 }, async () => {
  const platform = await startSeparatePlatform({ role: 'api', reconfigure });
  try {
    const api = await platform.service();
    const waiting = async () => {
      const text = await (await fetch(`${api.url}/metrics`)).text();
      return /^fixpoint_queue_depth\{queue="intake"\} (\d+)$/m.exec(text)?.[1];
    };
    for (const name of ['first', 'second']) {
      await platform.makeDeployment(name);
      expect(await platform.alert(name)).toBe(202);
    }
    await waitUntil(async () => (await waiting()) === '2', { describe: () => 'two messages to wait' });
    expect((await fetch(`${api.url}/-/ready`)).status).toBe(200);
    expect(await platform.runsOn('first')).toEqual([]);

    const at = (name: string) => join(platform.folder, name);
    const places = ['--rules', at('rules'), '--remediations', at('remediations')];
    const args = ['--role', 'worker', '--redis', platform.redis.url, '--config', at('fixpoint.yaml'), ...places];
    await using worker = await startFixpoint({ args });
    await waitUntil(async () => (await platform.effectsOn('first')).length > 0, { timeoutMs: 20_000, describe: () => 'the worker to act' });
    await api.kill9();
    // A worker answers about what it does, to whoever asks it.
    const asked = new ApiClient(worker.url);
    for (const name of ['first', 'second']) {
      const run = await waitUntil(async () => (await asked.runs(`?subject=${encodeURIComponent(subjectOf(name))}`)).find(hasEnded), {
        timeoutMs: 40_000,
        describe: () => `the run on ${name} to end`,
      });
      expect([run.phase, run.attempt]).toEqual(['succeeded', 1]);
      expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.after, generation: 2 });
      expect(await platform.effectsOn(name)).toHaveLength(1);
    }
    await api.restart();
    await platform.makeDeployment('third');
    expect(await platform.alert('third')).toBe(202);
    await waitUntil(async () => (await platform.runsOn('third')).some(hasEnded), {
      timeoutMs: 40_000,
      describe: () => 'the third run to end',
    });
  } finally {
    await platform.stop();
  }
});
