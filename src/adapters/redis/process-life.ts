import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process as noted in a file: its pid may be another's by now, which its start tells. */
export interface NotedProcess {
  readonly pid: number;
  readonly started?: string | undefined;
}

export function noteProcess(pid: number): NotedProcess {
  const started = startOf(pid);
  return { pid, ...(started === undefined ? {} : { started }) };
}

/** Whether the process noted still runs. */
export function isAlive({ pid, started }: NotedProcess): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  if (now === ended) return false;
  return started === undefined || now === undefined || started === now;
}

/** What `startOf` says of a process that has ended and whose parent has not looked. */
const ended = 'ended';

/** In the system's ticks since boot, or as `ps` says it; undefined where neither knows. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may have spaces and parentheses of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? ended : fields[19];
  } catch {
    const shown = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 2000 });
    const text = shown.status === 0 ? shown.stdout.trim() : '';
    return text === '' ? undefined : text;
  }
}
