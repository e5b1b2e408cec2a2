import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FixpointError } from '../../errors.ts';

export interface DataLock {
  release(): void;
}

/**
 * Makes this process the only Fixpoint on a data folder. Throws `config.invalid` with the other's pid while that is alive; the
 * lock of a dead one is taken over.
 */
export function lockData(data: string): DataLock {
  mkdirSync(data, { recursive: true });
  const file = join(data, 'fixpoint.lock');
  const mine = `${file}.${process.pid}`;
  const content = `${JSON.stringify({ pid: process.pid, started: startOf(process.pid) })}\n`;
  writeFileSync(mine, content);
  try {
    for (;;) {
      if (takes(mine, file)) return { release: () => releaseLock(file, content) };
      const other = readLock(file);
      if (other !== undefined && other.pid !== process.pid && isAlive(other)) {
        throw new FixpointError('config.invalid', `another Fixpoint (pid ${other.pid}) uses the data in ${data}; stop it, or name another folder with --data`, {
          details: { pid: other.pid, data },
        });
      }
      removeIfThere(file);
    }
  } finally {
    removeIfThere(mine);
  }
}

/** A hard link is made or not, in one step: two that start at once cannot both have it. */
function takes(mine: string, file: string): boolean {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readLock(file: string): { readonly pid: number; readonly started?: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; started?: string };
  } catch {
    return undefined;
  }
}

/** A pid is used again after a while: where the system tells, the time of its start must be the one noted. */
function isAlive({ pid, started }: { readonly pid: number; readonly started?: string }): boolean {
  if (!isRunning(pid)) return false;
  const now = startOf(pid);
  return started === undefined || now === undefined || started === now;
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in the system's ticks since boot; undefined where `/proc` does not exist. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may have spaces and parentheses of its own.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function releaseLock(file: string, content: string): void {
  try {
    if (readFileSync(file, 'utf8') === content) unlinkSync(file);
  } catch {
    // Whoever removed it has already done what is wanted here.
  }
}

function removeIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
