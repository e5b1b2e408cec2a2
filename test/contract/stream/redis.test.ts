import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../src/sandbox/clock.ts';
import { RedisStream } from '../../../src/sandbox/patients/safety-system/redis-stream.ts';
import { createSandbox } from '../../../src/sandbox/sandbox.ts';
import { startRedis } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { describeStream } from './stream-contract.ts';

describeStream('in a real Redis', async () => {
  const server = await startRedis();
  const stream = new RedisStream({ address: server.url, stream: 'events:raw', group: 'risk-screening' });
  return {
    stream,
    whenIdle: () => stream.whenIdle(),
    async close() {
      await stream.close();
      await server.stop();
    },
  };
});

it('sums up what is asked for while Redis is slow, and is done with it once', async () => {
  await using server = await startRedis();
  const stream = new RedisStream({ address: server.url, stream: 's', group: 'g' });
  server.freeze();
  for (let turn = 0; turn < 50; turn += 1) stream.take({ arrivals: 10, consumers: [4] });
  server.thaw();
  await stream.whenIdle();
  expect(stream.state).toEqual({ pending: 300, lag: 0, handled: 200 });
  await stream.close();
});

it('outlives a Redis that goes away and comes back, and ends while there is none', async () => {
  await using server = await startRedis({ persist: true });
  const stream = new RedisStream({ address: server.url, stream: 's', group: 'g' });
  stream.take({ arrivals: 10, consumers: [4] });
  await stream.whenIdle();
  await server.kill9();
  stream.take({ arrivals: 10, consumers: [4] });
  await stream.whenIdle();
  expect(stream.state).toEqual({ pending: 6, lag: 0, handled: 4 });
  await server.restart();
  await waitUntil(
    async () => {
      stream.take({ arrivals: 0, consumers: [0] });
      await stream.whenIdle();
      return stream.state.pending === 6;
    },
    { describe: 'the stream to be seen again' },
  );
  await server.kill9();
  stream.take({ arrivals: 1, consumers: [1] });
  await stream.close();
});

it('the safety system lives on it: a surge fills a real stream, and more pods work it off', async () => {
  await using server = await startRedis();
  const client = new Redis(server.url);
  const clock = new ManualClock();
  const stores = { redis: new Map([['safety-events', server.url]]), postgres: new Map() };
  const sandbox = createSandbox({ speed: 1, clock, wallNow: () => 0, stores });
  try {
    const pending = async (): Promise<number> => {
      clock.advance(1000);
      const [count] = (await client.xpending('events:raw', 'risk-screening').catch(() => [NaN])) as [number];
      return count;
    };
    const until = (describe: string, isSo: (count: number) => boolean) =>
      waitUntil(async () => isSo(await pending()), { describe, timeoutMs: 20_000 });
    clock.advance(10_000);
    await until('the consumers to be there', (count) => count === 0);
    sandbox.inject('safety-system', 'queue-backlog');
    await until('the stream to be full', (count) => count > 10_000);

    const autoscaler = sandbox.cluster.get('HorizontalPodAutoscaler', 'safety-system', 'risk-screening-hpa');
    if (autoscaler === undefined) throw new Error('there is no autoscaler');
    sandbox.cluster.update(autoscaler, (live) => ({ ...live, spec: { ...(live['spec'] as object), minReplicas: 12 } }));
    await until('the stream to be worked off', (count) => count < 100);
    const consumers = (await client.xinfo('CONSUMERS', 'events:raw', 'risk-screening')) as unknown[];
    expect(consumers).toHaveLength(12);
  } finally {
    await sandbox.close();
    client.disconnect();
  }
}, 60_000);
