import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisLink } from '../src/adapters/redis/redis-link.ts';
import { redisStore } from '../src/adapters/redis/redis-store.ts';
import { isTerminal, phases } from '../src/run/phase.ts';
import { runVersion } from '../src/run/run.ts';
import { mayGo } from '../src/run/transition.ts';
import { short } from './figures.ts';
import { startBenchRedis, type Fsync } from './own-redis.ts';
import { quietLog } from './quiet.ts';
import { countRoundTrips } from './round-trips.ts';

const rules = `
rules:
  - name: storm
    summary: Looks on
    match: ['alertname="Storm"']
    subject: 'http/\${labels.service}:80'
    mode: observe
    ladder: [{ remediation: post }]
    verify: { within: 1m, checks: [{ alertResolved: {} }] }
`;

const remediation = `
name: post
summary: One HTTP request
steps: [{ id: post, action: http.request, with: { connection: target, method: POST, path: /act, unless: { path: /act, pointer: /done, equals: true } } }]
`;

export interface StormSize {
  readonly notifications: number;
  readonly alertsEach: number;
  readonly subjects: number;
  readonly fsyncs: readonly Fsync[];
}

/** Posts so many at once, as several Alertmanagers with their groups would. */
const senders = 8;
/** For all alerts to be counted, ms. */
const patience = 120_000;

/** Alerts as fast as they are taken: from the first post until every one is counted as a member of its incident. */
export async function storm(size: StormSize): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const fsync of size.fsyncs) lines.push(...(await stormOn(fsync, size)));
  return lines;
}

async function stormOn(fsync: Fsync, size: StormSize): Promise<readonly string[]> {
  const redis = await startBenchRedis(fsync);
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-bench-'));
  for (const name of ['rules', 'remediations']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'rules', 'storm.yaml'), rules);
  writeFileSync(join(folder, 'remediations', 'post.yaml'), remediation);
  writeFileSync(join(folder, 'fixpoint.yaml'), "http: { target: { origin: 'http://127.0.0.1:9' } }\n");
  const child = fork(new URL('storm-service.ts', import.meta.url), [folder, redis.url]);
  const ended = once(child, 'exit');
  const [url] = (await once(child, 'message')) as [string];
  const link = new RedisLink({ url: redis.url, log: quietLog, timeoutMs: 30_000 });
  const store = redisStore({ link, url: redis.url, law: { version: runVersion, phases, isTerminal, mayGo }, log: quietLog });
  const total = size.notifications * size.alertsEach;
  const before = memoryOf(child.pid, 'VmRSS');
  const bodies = Array.from({ length: size.notifications }, (_unused, index) => body(index, size));
  const from = performance.now();
  await post(`${url}/api/v1/webhook`, bodies);
  const acknowledged = performance.now() - from;
  let counted = 0;
  while (counted < total && performance.now() - from < patience) {
    // Far apart, so that counting takes nothing from what is counted.
    await delay(250);
    const { waiting = 1, active = 1 } = await intakeDepth(link);
    if (waiting + active === 0) counted = await membersCounted(store);
  }
  const taken = performance.now() - from;
  const runs = (await store.runs({ limit: 2 * size.subjects })).runs.length;
  const again = bodies.slice(0, Math.min(100, bodies.length));
  const trips = await countRoundTrips(redis.url, {
    idleMs: 2000,
    async work() {
      await post(`${url}/api/v1/webhook`, again);
      await delay(1000);
    },
  });
  const peak = memoryOf(child.pid, 'VmHWM');
  child.disconnect();
  await ended;
  await store.close();
  await link.close();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
  return [
    `storm (appendfsync ${fsync}): ${total} alerts in ${size.notifications} notifications, acknowledged in ${short(acknowledged / 1000)} s, taken in after ${short(taken / 1000)} s, ${Math.round(total / (taken / 1000))} alerts/s; lost ${total - counted}; ${runs} runs of ${size.subjects} subjects; to beat: 8,000 alerts/s, none lost, a run a subject`,
    `  Redis round trips of a notification without new runs, from webhook to done: ${short(trips.count / again.length)}; memory before ${before} MiB, at most ${peak} MiB; to beat: 350 MB`,
  ];
}

function body(index: number, { alertsEach, subjects }: StormSize): string {
  const service = `service-${index % subjects}`;
  const alert = (place: number) => ({
    status: 'firing',
    labels: {
      alertname: 'Storm',
      service,
      severity: 'warning',
      namespace: 'shop',
      pod: `pod-${index}-${place}`,
      instance: `10.0.0.1:${place}`,
    },
    annotations: { summary: 'latency is over its objective', description: 'The p99 latency has been over its objective for five minutes.' },
    startsAt: '2026-11-21T09:30:52.123Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example:9090/graph',
  });
  return JSON.stringify({ version: '4', alerts: Array.from({ length: alertsEach }, (_unused, place) => alert(place)) });
}

/** Every one until it is accepted. */
async function post(url: string, bodies: readonly string[]): Promise<void> {
  const left = bodies.values();
  const sender = async () => {
    for (const text of left) {
      for (let status = 0; status !== 202;) {
        const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text });
        await response.arrayBuffer();
        ({ status } = response);
        if (status !== 202) await delay(50);
      }
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
}

async function intakeDepth(link: RedisLink): Promise<{ waiting?: number; active?: number }> {
  const [waiting, active] = await link.ask((client) =>
    Promise.all([client.zcard('{fixpoint}:queue:intake:prioritized'), client.llen('{fixpoint}:queue:intake:active')]),
  );
  return { waiting, active };
}

async function membersCounted(store: ReturnType<typeof redisStore>): Promise<number> {
  const incidents = await store.incidents({ state: 'open', limit: 10_000 });
  return incidents.reduce((sum, { firing }) => sum + firing, 0);
}

/** MiB, of Linux. */
function memoryOf(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
}
