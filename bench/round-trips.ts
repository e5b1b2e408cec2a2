import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** What clients send to Redis while `work` is done, less what they send anyhow in as much idle time; scripts count as one. */
export async function countRoundTrips(url: string, { idleMs, work }: { idleMs: number; work: () => Promise<void> }): Promise<string> {
  const client = new Redis(url);
  const monitor = await client.monitor();
  let seen = new Map<string, number>();
  monitor.on('monitor', (_time: string, [command = '', second = '']: string[], source: string) => {
    if (source === 'lua') return;
    const name = command.toLowerCase();
    const key = name === 'evalsha' ? `script ${second.slice(0, 6)}` : name;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  });
  await delay(idleMs);
  const idle = seen;
  seen = new Map();
  const from = performance.now();
  await work();
  const busy = seen;
  const share = (performance.now() - from) / idleMs;
  monitor.disconnect();
  client.disconnect();
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((total, count) => total + count, 0);
  return `${Math.round(sum(busy) - sum(idle) * share)} (idle: ${Math.round((sum(idle) * 1000) / idleMs)} a second)`;
}
