import { execFile } from 'node:child_process';
import { chmodSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { privileges } from './child-process.ts';
import { freePort } from './free-port.ts';
import { serverProgram } from './server-program.ts';
import { startServer, type Server } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const execute = promisify(execFile);

/** `binFolder` holds `psql` and the like of the same version; the superuser `postgres` needs no password. */
export interface PostgresServer extends Server {
  readonly url: string;
  readonly port: number;
  readonly binFolder: string;
}

/** A PostgreSQL of its own on the loopback, without fsync. As root it runs as the user `postgres`, since it refuses to run as root. */
export async function startPostgres(): Promise<PostgresServer> {
  const program = realpathSync(serverProgram('postgres'));
  const binFolder = dirname(program);
  const user = process.getuid?.() === 0 ? 'postgres' : undefined;
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const port = await freePort();
  if (user !== undefined) chmodSync(folder.path, 0o777);
  const initialise = [...privileges({ user }), join(binFolder, 'initdb'), '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'];
  const [command, ...args] = [...initialise, '--locale=C', '--no-sync', '--no-instructions'];
  await execute(command, args, { cwd: folder.path, timeout: 30_000 });
  const server = await startServer({
    name: 'PostgreSQL',
    child: {
      command: program,
      args: ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-c', 'unix_socket_directories=', '-F'],
      cwd: folder.path,
      stopSignal: 'SIGINT',
      ...(user === undefined ? {} : { user }),
    },
    isReady: async () => {
      await execute(join(binFolder, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], { timeout: 2000 });
      return true;
    },
    cleanUp: () => folder.remove(),
  });
  return Object.assign(server, { url: `postgres://postgres@127.0.0.1:${port}/postgres`, port, binFolder });
}
