import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { Keeper } from './keeper.ts';
import { untilReady } from './until-ready.ts';

/** A Redis on the loopback that dies with us; `isDurable` writes everything down, as our own store wants it. Answers its address. */
export async function startRedisServer(
  keeper: Keeper,
  { program, name, isDurable = false }: { readonly program: string; readonly name: string; readonly isDurable?: boolean },
): Promise<string> {
  const port = await freePort();
  const folder = join(keeper.folder, `redis-${name}`);
  mkdirSync(folder, { mode: 0o700 });
  const args = [
    ['--port', String(port)],
    ['--bind', '127.0.0.1'],
    ['--dir', folder],
    ['--save', ''],
    ['--appendonly', isDurable ? 'yes' : 'no'],
    ['--maxmemory-policy', 'noeviction'],
    ['--daemonize', 'no'],
  ].flat();
  const server = await keeper.start({ name: `redis-${name}`, command: program, args, cwd: folder, endSignal: 'SIGKILL' });
  await untilReady(server, () => answersPing(port));
  return `redis://127.0.0.1:${port}`;
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = createConnection({ host: '127.0.0.1', port }, () => connection.write('PING\r\n'));
    connection.setTimeout(1000, () => connection.destroy(new Error('no answer to PING within 1 s')));
    connection.once('error', reject);
    connection.once('data', (data) => {
      connection.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
  });
}
