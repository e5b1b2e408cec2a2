import { execFile, execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { FixpointError, messageOf } from '../../errors.ts';
import { freePort } from './free-port.ts';
import type { Keeper } from './keeper.ts';
import { untilReady } from './until-ready.ts';

const execute = promisify(execFile);

const initialiseMs = 60_000;
const superuser = 'postgres';

/** Where a PostgreSQL listens; whoever reaches it is let in without a password. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * A PostgreSQL on the loopback that dies with us, without fsync. As root it runs as another user, for it refuses to run as root. Throws
 * `config.invalid` where it cannot be made or does not come up.
 */
export async function startPostgresServer(
  keeper: Keeper,
  { program, name }: { readonly program: string; readonly name: string },
): Promise<PostgresAddress> {
  const bin = dirname(realpathSync(program));
  const user = process.getuid?.() === 0 ? unprivileged() : undefined;
  const folder = join(keeper.folder, `postgres-${name}`);
  mkdirSync(folder, { mode: 0o700 });
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const port = await freePort();
  try {
    const args = ['-D', data, '-U', superuser, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
    await execute(join(bin, 'initdb'), args, { cwd: folder, timeout: initialiseMs, ...user });
  } catch (error) {
    throw new FixpointError('config.invalid', `initdb failed: ${messageOf(error)}`, { cause: error });
  }
  const server = await keeper.start({
    name: `postgres-${name}`,
    command: join(bin, 'postgres'),
    // As many connections as the database of a platform takes: pools have to have room to grow.
    args: ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-c', 'unix_socket_directories=', '-c', 'max_connections=500', '-F'],
    cwd: folder,
    // Its own children would outlive a SIGKILL for a moment; this ends them too, at once.
    endSignal: 'SIGQUIT',
    ...(user === undefined ? {} : { user }),
  });
  await untilReady(server, async () => {
    await execute(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)], { timeout: 2000 });
    return true;
  });
  return { host: '127.0.0.1', port, database: 'postgres', user: superuser };
}

function unprivileged(): { readonly uid: number; readonly gid: number } {
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map((option) => idOf(option, name));
    const [uid, gid] = ids;
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new FixpointError('config.invalid', 'PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody');
}

function idOf(option: string, name: string): number | undefined {
  try {
    const id = Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 2000 }));
    return Number.isInteger(id) && id > 0 ? id : undefined;
  } catch {
    return undefined;
  }
}
