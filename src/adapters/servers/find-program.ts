import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const usualFolders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'];
const versionedParents = ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt'];

/** The first of some file names on a PATH, or where packages put it; undefined where there is none. */
export function findProgram(
  names: readonly string[],
  path: string,
  folders: readonly string[] = [...usualFolders, ...versionedFolders()],
): string | undefined {
  const searched = [...path.split(delimiter).filter((folder) => folder !== ''), ...folders];
  return names.flatMap((name) => searched.map((folder) => join(folder, name))).find((file) => isExecutable(file));
}

/** PostgreSQL keeps its programs off PATH, in a folder a version; the newest comes first. */
function versionedFolders(): readonly string[] {
  return versionedParents.flatMap((parent) =>
    namesIn(parent)
      .filter((name) => parent === '/usr/lib/postgresql' || name.startsWith('postgresql@'))
      .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => join(parent, name, 'bin')),
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
