import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

export interface RoundTrips {
  /** What clients sent while the work was done, less what they send anyhow in as much idle time; a script counts as one. */
  readonly count: number;
  /** Sent each second by idle clients. */
  readonly idle: number;
}

export async function countRoundTrips(url: string, { idleMs, work }: { idleMs: number; work: () => Promise<void> }): Promise<RoundTrips> {
  const client = new Redis(url);
  const monitor = await client.monitor();
  let seen = 0;
  monitor.on('monitor', (_time: string, _command: string[], source: string) => {
    if (source !== 'lua') seen += 1;
  });
  await delay(idleMs);
  const idle = seen;
  seen = 0;
  const from = performance.now();
  await work();
  const busy = seen;
  const share = (performance.now() - from) / idleMs;
  monitor.disconnect();
  client.disconnect();
  return { count: Math.round(busy - idle * share), idle: Math.round((idle * 1000) / idleMs) };
}
