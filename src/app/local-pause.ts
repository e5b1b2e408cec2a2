import { existsSync } from 'node:fs';
import type { Clock } from '../ports/clock.ts';

/** How long an answer is good for, ms: a pause file is seen within 500. */
const goodFor = 200;

/** The stop that needs neither Redis nor the API: a file, or a variable of the environment. Gives the reason, if there is one. */
export function localPause({
  clock,
  file,
  byEnvironment,
}: {
  clock: Clock;
  file: string;
  byEnvironment: string | undefined;
}): () => string | undefined {
  let exists = false;
  let askedAt = -Infinity;
  return () => {
    if (byEnvironment !== undefined) return 'paused by the environment variable FIXPOINT_PAUSED';
    const now = clock.now();
    if (now - askedAt >= goodFor || now < askedAt) {
      exists = existsSync(file);
      askedAt = now;
    }
    return exists ? `paused by the file ${file}` : undefined;
  };
}
