import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FixpointError } from '../../errors.ts';
import { isAlive, noteProcess, type NotedProcess } from './process-life.ts';

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
  const content = `${JSON.stringify(noteProcess(process.pid))}\n`;
  writeFileSync(mine, content);
  try {
    while (!takes(mine, file)) {
      const found = readText(file);
      const other = parseProcess(found);
      if (found !== undefined && other !== undefined && other.pid !== process.pid && isAlive(other)) {
        throw new FixpointError(
          'config.invalid',
          `another Fixpoint (pid ${other.pid}) uses the data in ${data}; stop it, or name another folder with --data`,
          {
            details: { pid: other.pid, data },
          },
        );
      }
      if (found !== undefined) takeAway(file, { found, aside: `${mine}.old` });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return {
    release() {
      if (readText(file) === content) rmSync(file, { force: true });
    },
  };
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

/** Puts a dead one's lock aside; where someone else was quicker, and it is a live one by now, puts it back. */
function takeAway(file: string, { found, aside }: { found: string; aside: string }): void {
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readText(aside) !== found) takes(aside, file);
  rmSync(aside, { force: true });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseProcess(text: string | undefined): NotedProcess | undefined {
  try {
    return JSON.parse(text ?? '') as NotedProcess;
  } catch {
    return undefined;
  }
}
