import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import fastify from 'fastify';
import { Redis } from 'ioredis';
import { startService } from '../src/app/service.ts';
import { loadConfig } from '../src/config/load.ts';
import { quantile, short } from './figures.ts';
import { startBenchRedis, type Fsync } from './own-redis.ts';
import { countRoundTrips } from './round-trips.ts';

const rules = `
rules:
  - name: bench
    summary: One HTTP request
    match: ['alertname="Bench"', 'subject!=""']
    subject: 'http/bench-\${labels.subject}:80'
    mode: auto
    ladder: [{ remediation: bench, with: { path: '/act/\${labels.subject}' } }]
    guards: { cooldown: 1h, rate: { rule: 100000/1h, target: 100000/1h, global: 100000/1h }, attempts: 3 }
    verify: { within: 1s, checks: [{ http: { connection: target, path: /any, times: 1 } }] }
`;

const remediation = `
name: bench
summary: One HTTP request
params: { path: { type: string } }
steps:
  - id: act
    action: http.request
    with: { connection: target, method: POST, path: '\${params.path}', unless: { path: '\${params.path}', pointer: /done, equals: true } }
`;

/** What is one alert after the other, each of another subject, is no storm here. */
const configuration = (origin: string) => `
http: { target: { origin: '${origin}' } }
defaults: { targetCooldown: 1ms }
limits: { storm: { subjects: 100000, alerts: 100000 } }
`;

/** A loopback service that tells when each subject's POST arrived. */
async function startTarget() {
  const waiting = new Map<string, (at: number) => void>();
  const done = new Set<string>();
  const server = createServer((request, response) => {
    const { url = '' } = request;
    if (request.method === 'POST') {
      waiting.get(url)?.(performance.now());
      done.add(url);
    }
    request.resume();
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ done: done.has(url) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrival: (path: string) => new Promise<number>((resolve) => waiting.set(path, resolve)),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** From posting an alert to the arrival of its effect, one at a time, against a bare BullMQ hop with the same POST. */
export async function action({ count, fsyncs }: { count: number; fsyncs: readonly Fsync[] }): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const fsync of fsyncs) lines.push(...(await actionOn(fsync, count)));
  return lines;
}

async function actionOn(fsync: Fsync, count: number): Promise<readonly string[]> {
  const target = await startTarget();
  const redis = await startBenchRedis(fsync);
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-bench-'));
  for (const name of ['rules', 'remediations']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'rules', 'bench.yaml'), rules);
  writeFileSync(join(folder, 'remediations', 'bench.yaml'), remediation);
  writeFileSync(join(folder, 'fixpoint.yaml'), configuration(target.origin));
  const at = (name: string) => join(folder, name);
  const flags = {
    config: at('fixpoint.yaml'),
    rules: at('rules'),
    remediations: at('remediations'),
    data: at('data'),
    redis: redis.url,
    listen: '127.0.0.1:0',
    logLevel: 'error',
  };
  const service = await startService({ config: loadConfig(flags, {}), role: 'all', isTerminal: false });
  const bare = await startBare(redis.url, target.origin);
  const ours: number[] = [];
  const hops: number[] = [];
  for (let index = 0; index < count + 20; index++) {
    const took = {
      ours: await fire(`${service.url}/api/v1/webhook`, `o${index}`, target),
      bare: await fire(bare.url, `b${index}`, target),
    };
    if (index >= 20) {
      ours.push(took.ours);
      hops.push(took.bare);
    }
    // Its lock goes with its verification; the next alert finds an idle service.
    await delay(30);
  }
  const trips = await countRoundTrips(redis.url, {
    idleMs: 3000,
    work: async () => {
      await fire(`${service.url}/api/v1/webhook`, 'counted', target);
      await delay(3000);
    },
  });
  await service.close();
  await bare.close();
  await target.close();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
  const p50 = { ours: quantile(ours, 0.5), bare: quantile(hops, 0.5) };
  return [
    `action (appendfsync ${fsync}): ours p50 ${short(p50.ours)} ms, p99 ${short(quantile(ours, 0.99))} ms; bare p50 ${short(p50.bare)} ms, p99 ${short(quantile(hops, 0.99))} ms; ratio of p50 ${short(p50.ours / p50.bare)}; to beat: 8 ms, 25 ms, 6`,
    `  Redis round trips of one alert, its run and its verification to the end: ${trips.count} (idle: ${trips.idle} a second)`,
  ];
}

async function fire(url: string, subject: string, target: Awaited<ReturnType<typeof startTarget>>): Promise<number> {
  const arrival = target.arrival(`/act/${subject}`);
  const body = JSON.stringify({ version: '4', alerts: [{ status: 'firing', labels: { alertname: 'Bench', subject }, annotations: {} }] });
  const from = performance.now();
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (response.status !== 202) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const at = await Promise.race([arrival, delay(10_000)]);
  if (at === undefined) throw new Error(`${url}: the effect of ${subject} has not come within 10 s`);
  return at - from;
}

async function startBare(url: string, origin: string) {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue<{ subject: string }>('bare', { connection, defaultJobOptions: { removeOnComplete: true } });
  const blocking = new Redis(url, { maxRetriesPerRequest: null });
  const worker = new Worker<{ subject: string }>(
    'bare',
    async ({ data }) => void (await (await fetch(`${origin}/act/${data.subject}`, { method: 'POST' })).text()),
    { connection: blocking },
  );
  const server = fastify();
  server.post<{ Body: { alerts: { labels: { subject: string } }[] } }>('/webhook', async (request, reply) => {
    await queue.add('m', { subject: request.body.alerts[0]?.labels.subject ?? '' });
    return reply.code(202).send({});
  });
  return {
    url: `${await server.listen({ host: '127.0.0.1', port: 0 })}/webhook`,
    async close() {
      await server.close();
      await worker.close();
      await queue.close();
      connection.disconnect();
      blocking.disconnect();
    },
  };
}
