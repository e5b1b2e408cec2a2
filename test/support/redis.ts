import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { serverProgram } from './server-program.ts';
import { startServer, type Server } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** `url` is what ioredis takes: `redis://127.0.0.1:<port>`, or the path of the Unix socket (`port` is then 0). */
export interface RedisServer extends Server {
  readonly url: string;
  readonly port: number;
}

/**
 * A Redis of its own; `persist` makes it append-only and synced at every write, so that nothing acknowledged is lost. `args` are added to
 * its command line; with `configFile` nothing is said of persistence but what that file says.
 */
export async function startRedis({
  persist = false,
  unixSocket = false,
  args = [],
  configFile,
}: { persist?: boolean; unixSocket?: boolean; args?: readonly string[]; configFile?: string } = {}): Promise<RedisServer> {
  const program = serverProgram('redis');
  const folder = temporaryFolder();
  const port = unixSocket ? 0 : await freePort();
  const socket = join(folder.path, 'redis.sock');
  const durability = ['--save', '', ...(persist ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'])];
  const [first, rest] = configFile === undefined ? [[], ['--dir', folder.path, ...durability]] : [[configFile], []];
  const address = unixSocket ? ['--unixsocket', socket, '--unixsocketperm', '700'] : ['--bind', '127.0.0.1'];
  const server = await startServer({
    name: 'Redis',
    child: { command: program, args: [...first, '--port', String(port), ...address, ...rest, ...args] },
    isReady: () => answersPing(unixSocket ? { path: socket } : { host: '127.0.0.1', port }),
    cleanUp: () => folder.remove(),
  });
  return Object.assign(server, { url: unixSocket ? socket : `redis://127.0.0.1:${port}`, port });
}

/** While it loads its data it answers, but with an error; asking for a password is an answer too. */
function answersPing(address: { path: string } | { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(address, () => connection.write('PING\r\n'));
    connection.setTimeout(1000, () => connection.destroy(new Error('no answer to PING within 1 s')));
    connection.once('error', reject);
    connection.once('data', (data) => {
      connection.destroy();
      resolve(/^(?:\+PONG|-NOAUTH)/.test(data.toString()));
    });
  });
}
