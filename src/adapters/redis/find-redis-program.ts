import { FixpointError } from '../../errors.ts';
import { findProgram } from '../servers/find-program.ts';
import { serverPrograms } from '../servers/programs.ts';

const { binaries, install } = serverPrograms.redis;

/** The server program on a PATH, or where packages put it. Throws `config.invalid` with what to install. */
export function findRedisProgram(path: string, folders?: readonly string[]): string {
  const found = findProgram(binaries, path, folders);
  if (found !== undefined) return found;
  throw new FixpointError(
    'config.invalid',
    `neither ${binaries.join(' nor ')} was found: install one (${install}), or name a Redis with --redis <url>`,
  );
}
