import { setTimeout as delay } from 'node:timers/promises';
import { FixpointError } from '../../errors.ts';
import type { KeptServer } from './keeper.ts';

const longestMs = 30_000;
const pollMs = 50;

/** Waits until a server answers; throws `config.invalid` with what it wrote where it ends before, or says nothing for too long. */
export async function untilReady(server: KeptServer, isReady: () => Promise<boolean>): Promise<void> {
  const since = performance.now();
  for (;;) {
    if (await isReady().catch(() => false)) return;
    const ended = server.ended();
    if (ended !== undefined) throw new FixpointError('config.invalid', `${server.name} ended at once (${ended}): ${server.lastLines()}`);
    if (performance.now() - since > longestMs)
      throw new FixpointError('config.invalid', `${server.name} does not answer within ${longestMs / 1000} s: ${server.lastLines()}`);
    await delay(pollMs);
  }
}
