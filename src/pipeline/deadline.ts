import { FixpointError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import { formatDuration, type Duration } from '../value/duration.ts';

/**
 * Runs `work` with a signal that aborts at the parent's end or after `length`, and stops waiting for it then, whether or not
 * `work` heeds the signal: nothing outward can hold the engine longer than it was given.
 */
export async function within<T>(
  { clock, length, what, parent }: { clock: Clock; length: Duration; what: string; parent?: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort(parent?.reason);
  if (parent?.aborted === true) stop();
  parent?.addEventListener('abort', stop, { once: true });
  const timer = clock.after(length, () =>
    controller.abort(new FixpointError('timeout', `${what} did not answer within ${formatDuration(length)}`)),
  );
  const ended = new Promise<never>((_resolve, reject) => {
    const give = () => reject(controller.signal.reason as Error);
    if (controller.signal.aborted) give();
    controller.signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([work(controller.signal), ended]);
  } finally {
    timer.stop();
    parent?.removeEventListener('abort', stop);
  }
}
