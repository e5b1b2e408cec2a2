import { statSync } from 'node:fs';

/** Changes with the file; undefined where there is none. A mounted secret is replaced as a whole, so what tells a change is any of these. */
export function fileStamp(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? undefined : [found.mtimeMs, found.ctimeMs, found.ino, found.size].join(' ');
}
