import { existsSync } from 'node:fs';
import type { LocalPause } from '../api/local-pause.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

interface Given {
  readonly clock: Clock;
  readonly log: Log;
  /** What the process is called. */
  readonly process: string;
  readonly file: string;
  readonly byEnvironment: string | undefined;
}

/** The stop that needs neither Redis nor the API: a file, or a variable of the environment. Its beginning, and its end, are logged by the look that sees them; the first is at once. */
export function localPause({ clock, log, process, file, byEnvironment }: Given): () => LocalPause | undefined {
  let current: LocalPause | undefined;
  const look = () => {
    const way = byEnvironment !== undefined ? inEnvironment : existsSync(file) ? byFile(file) : undefined;
    if (way === undefined && current !== undefined) log.warn({ by: current.name }, 'this process is no longer paused');
    if (way !== undefined && current === undefined) log.warn({ by: way.name }, 'this process is paused, no effect is begun');
    current = way && { ...way, process, since: current?.since ?? clock.now() };
    return current;
  };
  look();
  return look;
}

const inEnvironment = {
  how: 'environment',
  name: 'FIXPOINT_PAUSED',
  reason: 'paused by the environment variable FIXPOINT_PAUSED',
  end: 'start that process without FIXPOINT_PAUSED',
} as const;

function byFile(file: string) {
  return { how: 'file', name: file, reason: `paused by the file ${file}`, end: `remove the file ${file} where that process runs` } as const;
}
