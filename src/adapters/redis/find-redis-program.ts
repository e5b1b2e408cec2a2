import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { FixpointError } from '../../errors.ts';

const names = ['redis-server', 'valkey-server'];
const usualFolders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'];

/** The server program on a PATH, or where packages put it. Throws `config.invalid` with what to install. */
export function findRedisProgram(path: string, folders: readonly string[] = usualFolders): string {
  const searched = [...path.split(delimiter).filter((folder) => folder !== ''), ...folders];
  const files = names.flatMap((name) => searched.map((folder) => join(folder, name)));
  const found = files.find((file) => isExecutable(file));
  if (found !== undefined) return found;
  throw new FixpointError(
    'config.invalid',
    'neither redis-server nor valkey-server was found: install one (sudo apt-get install redis-server, or brew install redis), or name a Redis with --redis <url>',
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
