import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { FixpointError } from '../errors.ts';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this process may not write there',
  EPERM: 'this process may not write there',
  EROFS: 'its file system is read-only',
  ENOENT: 'no folder can be made there',
  EEXIST: 'there is something that is no folder',
  ENOSPC: 'no space is left there',
};

interface Folder {
  /** An absolute path. */
  readonly path: string;
  readonly what: string;
  /** How to name another. */
  readonly instead: string;
  /** Whether it will be written to. */
  readonly isWritten: boolean;
}

/**
 * Makes a folder and those that it is in, unless they are there. Throws `config.invalid` where that cannot be. Not by Node's own
 * recursion, which never ends where a folder is there that takes none, as /proc.
 */
export function makeFolder({ path: folder, what, instead, isWritten }: Folder): void {
  const refuse = (at: string, why: string, cause?: unknown): FixpointError => {
    const where = at === folder ? '' : `${at}: `;
    return new FixpointError('config.invalid', `${what} ${folder} cannot be used: ${where}${why}; name another with ${instead}`, { cause });
  };
  const make = (at: string): void => {
    if (existsSync(at)) {
      if (!statSync(at).isDirectory()) throw refuse(at, 'it is a file, not a folder');
      return;
    }
    if (dirname(at) !== at) make(dirname(at));
    attempt(at, () => mkdirSync(at));
  };
  const attempt = (at: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      // Another process was quicker.
      if (code === 'EEXIST' && statSync(at, { throwIfNoEntry: false })?.isDirectory() === true) return;
      throw refuse(at, reasons[code] ?? (code === '' ? String(error) : code), error);
    }
  };
  make(folder);
  if (isWritten) attempt(folder, () => accessSync(folder, constants.W_OK | constants.X_OK));
}
