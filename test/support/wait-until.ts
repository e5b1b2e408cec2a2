import { setTimeout as delay } from 'node:timers/promises';

type Falsy = false | 0 | '' | null | undefined;

/**
 * Asks again and again until the answer is truthy, and gives that answer. A condition that throws counts as not yet; its last
 * error is the cause of the failure at the deadline (`timeoutMs`, 10 s unless told).
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 20, describe }: { timeoutMs?: number; intervalMs?: number; describe: string | (() => string) },
): Promise<Exclude<T, Falsy>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await condition();
      if (answer) return answer as Exclude<T, Falsy>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${typeof describe === 'string' ? describe : describe()}`, { cause });
    }
    await delay(intervalMs);
  }
}
