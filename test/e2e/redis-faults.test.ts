import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { hasEnded, type RunView } from './api-client.ts';
import { replicas, scaleUpForLong, startSeparatePlatform, subjectOf, type SeparatePlatform } from './separate-platform.ts';

/** A webhook is answered within a second; the rest is for a busy machine. */
const answerWithinMs = 1250;

const notedRule = `
  - name: note-only
    summary: Seen and noted
    match: ['alertname="Noted"', 'deployment!=""']
    mode: observe
    ladder:
      - remediation: scale
        with: { name: '\${labels.deployment}', replicas: { exactly: ${replicas.after} } }
`;

/** What has been done is verified for longer than a stop without Redis and a start after it take. */
const patientRule = scaleUpForLong({ within: '60s', holdFor: '2s', more: '- rolloutComplete: {}' });

async function timed<T>(work: () => Promise<T>): Promise<{ answer: T; ms: number }> {
  const startedAt = performance.now();
  const answer = await work();
  return { answer, ms: performance.now() - startedAt };
}

async function readiness({ port }: SeparatePlatform): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/-/ready`, { signal: AbortSignal.timeout(3000) })).status;
}

async function expectRefusals(platform: SeparatePlatform): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    const { answer, ms } = await timed(() => platform.alert('refused', { alertname: 'Noted' }));
    expect(answer).toBe(503);
    expect(ms).toBeLessThan(answerWithinMs);
  }
  const { answer, ms } = await timed(() => readiness(platform));
  expect(answer).toBe(503);
  expect(ms).toBeLessThan(answerWithinMs);
}

async function untilReady(platform: SeparatePlatform): Promise<void> {
  await waitUntil(async () => (await readiness(platform)) === 200, { describe: 'the service to be ready again' });
}

async function untilPatched(platform: SeparatePlatform, name: string): Promise<void> {
  await waitUntil(async () => (await platform.effectsOn(name)).length > 0, { intervalMs: 5, describe: `the patch of ${name} to arrive` });
}

async function expectOneEffect(platform: SeparatePlatform, name: string): Promise<void> {
  let last = 'no run yet';
  const run = await waitUntil(
    async () => {
      const [found, ...others]: readonly RunView[] = await platform.runsOn(name);
      if (found !== undefined) last = `${found.phase}: ${found.reason}`;
      expect(others).toEqual([]);
      return found !== undefined && hasEnded(found) ? found : undefined;
    },
    { timeoutMs: 40_000, intervalMs: 100, describe: () => `the run of ${name} to end; it is ${last}` },
  );
  expect(run).toMatchObject({ phase: 'succeeded', attempt: 1 });
  expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.after, generation: 2 });
  expect(await platform.effectsOn(name)).toHaveLength(1);
}

describe('Redis stopped before the start', { timeout: 60_000 }, () => {
  it('leaves a service that answers 503 until Redis is there, and then works', async () => {
    const platform = await startSeparatePlatform({ rules: notedRule, isRedisUp: false });
    try {
      const healthy = async () => (await fetch(`http://127.0.0.1:${platform.port}/-/healthy`)).status;
      await waitUntil(async () => (await healthy()) === 200, { timeoutMs: 20_000, describe: 'the service to answer without Redis' });
      await expectRefusals(platform);
      expect(await healthy()).toBe(200);
      await platform.redis.restart();
      const service = await platform.service();
      await platform.makeDeployment('late');
      expect(await platform.alert('late')).toBe(202);
      await expectOneEffect(platform, 'late');
      expect(service.isRunning()).toBe(true);
    } finally {
      await platform.stop();
    }
  });
});

describe('Redis lost while the service runs', { timeout: 60_000 }, () => {
  let platform: SeparatePlatform;
  let pid: number;

  beforeAll(async () => {
    platform = await startSeparatePlatform({ rules: notedRule + patientRule });
    pid = (await platform.service()).pid;
  }, 60_000);

  afterAll(async () => {
    await platform.stop();
  });

  it('killed during intake: what was acknowledged is there afterwards, once', async () => {
    const names = Array.from({ length: 150 }, (_none, index) => `noted-${index}`);
    const statuses = new Map<string, number>();
    let kill: Promise<void> | undefined;
    const post = async (name: string): Promise<void> => {
      const { answer, ms } = await timed(() => platform.alert(name, { alertname: 'Noted' }));
      statuses.set(name, answer);
      expect(ms).toBeLessThan(answerWithinMs * 2);
      if (statuses.size === 45) kill = platform.redis.kill9();
    };
    for (let index = 0; index < names.length; index += 30) await Promise.all(names.slice(index, index + 30).map(post));
    await kill;
    const acknowledged = names.filter((name) => statuses.get(name) === 202);
    expect(new Set(statuses.values())).toEqual(new Set([202, 503]));
    expect(acknowledged.length).toBeGreaterThanOrEqual(30);
    await expectRefusals(platform);

    await platform.redis.restart();
    await untilReady(platform);
    const noted = async () => (await platform.api.runs('?rule=note-only&limit=500')).map(({ subject }) => subject);
    await waitUntil(async () => new Set(await noted()).isSupersetOf(new Set(acknowledged.map(subjectOf))), {
      timeoutMs: 20_000,
      describe: 'a run for every acknowledged alert',
    });
    // Alertmanager sends again what it got a 503 for, and repeats the rest.
    expect(new Set(await Promise.all(names.map((name) => platform.alert(name, { alertname: 'Noted' }))))).toEqual(new Set([202]));
    await waitUntil(async () => new Set(await noted()).isSupersetOf(new Set(names.map(subjectOf))), {
      timeoutMs: 20_000,
      describe: 'a run for every alert',
    });
    const subjects = (await noted()).filter((subject) => subject !== subjectOf('refused'));
    expect(subjects).toHaveLength(names.length);
  });

  it('killed between an effect and its commit: the run goes on with one effect', async () => {
    await platform.makeDeployment('redis-killed');
    const after = '^PATCH .*/deployments/redis-killed/scale$';
    await platform.fault({ pattern: '^GET .*/deployments/redis-killed$', never: true, after });
    await platform.alert('redis-killed');
    await untilPatched(platform, 'redis-killed');
    await platform.redis.kill9();
    await platform.clearFaults();
    await expectRefusals(platform);
    await platform.redis.restart();
    await untilReady(platform);
    await expectOneEffect(platform, 'redis-killed');
  });

  it('killed while a run is verified: it ends succeeded, with one effect', async () => {
    await platform.makeDeployment('redis-killed-late');
    await platform.alert('redis-killed-late');
    await waitUntil(async () => (await platform.runsOn('redis-killed-late'))[0]?.phase === 'verifying', {
      describe: 'the run to be verified',
    });
    await platform.redis.kill9();
    await expectRefusals(platform);
    await platform.redis.restart();
    await untilReady(platform);
    await expectOneEffect(platform, 'redis-killed-late');
  });

  it('frozen for longer than the lease of a run: it answers 503 meanwhile, and the run has one effect', async () => {
    await platform.makeDeployment('redis-frozen');
    await platform.fault({ pattern: '^PATCH .*/deployments/redis-frozen/scale$', never: true, isApplied: true, times: 1 });
    await platform.alert('redis-frozen');
    await untilPatched(platform, 'redis-frozen');
    platform.redis.freeze();
    const frozenAt = performance.now();
    try {
      while (performance.now() - frozenAt < 9000) await expectRefusals(platform);
    } finally {
      platform.redis.thaw();
    }
    await untilReady(platform);
    await expectOneEffect(platform, 'redis-frozen');
  });

  it('has not crashed in all of this', async () => {
    const service = await platform.service();
    expect(service.isRunning()).toBe(true);
    expect(service.pid).toBe(pid);
    expect(service.output()).not.toMatch(/unhandled|uncaught/i);
  });

  it('does not keep it from stopping, and the next start finishes the run', async () => {
    await platform.makeDeployment('redis-gone');
    await platform.alert('redis-gone', { alertname: 'TooSlowForLong' });
    await waitUntil(async () => (await platform.runsOn('redis-gone'))[0]?.phase === 'verifying', { describe: 'the run to be verified' });
    const service = await platform.service();
    await platform.redis.kill9();
    await expectRefusals(platform);
    const { ms } = await timed(async () => {
      service.signal('SIGTERM');
      await waitUntil(() => !service.isRunning(), {
        timeoutMs: 20_000,
        describe: () => `the service to end; it wrote:\n${service.output().slice(-3000)}`,
      });
    });
    expect(ms).toBeLessThan(15_000);
    await platform.redis.restart();
    await service.restart();
    await expectOneEffect(platform, 'redis-gone');
  });
});
