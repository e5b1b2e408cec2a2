import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FixpointError } from '../../errors.ts';
import { isAlive, noteProcess, type NotedProcess } from './process-life.ts';

/** A server process of ours and the socket it listens on. */
export interface RedisProcess extends NotedProcess {
  readonly socket: string;
}

/** Loading a big append-only file takes as long as it takes; a process that lives and says nothing at all is given up. */
const silenceMs = 15_000;
const stopMs = 10_000;
const pollMs = 20;

/** Starts a server apart from our terminal, so that Ctrl-C does not reach it; it syncs every write. */
export function spawnRedis({ program, folder, socket }: { program: string; folder: string; socket: string }): RedisProcess {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const output = openSync(logFile(folder), 'w', 0o600);
  const args = [
    ['--port', '0'],
    ['--unixsocket', socket],
    ['--unixsocketperm', '700'],
    ['--dir', folder],
    ['--appendonly', 'yes'],
    ['--appendfsync', 'always'],
    ['--save', ''],
    ['--maxmemory-policy', 'noeviction'],
    ['--daemonize', 'no'],
  ].flat();
  const child = spawn(program, args, { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.once('error', () => {});
  child.unref();
  if (child.pid === undefined) throw new FixpointError('config.invalid', `${program} could not be started`);
  return { ...noteProcess(child.pid), socket };
}

/** Waits until the server answers; throws `store.unavailable` with what it wrote where it ends before or stays silent. */
export async function untilReady(server: RedisProcess, folder: string): Promise<void> {
  let heardAt = performance.now();
  for (;;) {
    const answer = await ping(server.socket);
    if (answer?.startsWith('+PONG') === true) return;
    if (answer !== undefined) heardAt = performance.now();
    if (!isAlive(server)) throw new FixpointError('store.unavailable', `the private Redis ended at once: ${lastLines(folder)}`);
    if (performance.now() - heardAt > silenceMs) {
      throw new FixpointError('store.unavailable', `the private Redis (pid ${server.pid}) does not answer: ${lastLines(folder)}`);
    }
    await delay(pollMs);
  }
}

/** Asks a server to write what it has and end; kills it when it does not. */
export async function endRedis(server: RedisProcess): Promise<void> {
  signal(server.pid, 'SIGCONT');
  signal(server.pid, 'SIGTERM');
  if (await hasEnded(server)) return;
  signal(server.pid, 'SIGKILL');
  await hasEnded(server);
}

async function hasEnded(server: RedisProcess): Promise<boolean> {
  const deadline = performance.now() + stopMs;
  while (isAlive(server)) {
    if (performance.now() > deadline) return false;
    await delay(pollMs);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What the server says to PING, also that it is loading; undefined where nobody answers. */
export function ping(socket: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = createConnection({ path: socket }, () => connection.write('PING\r\n'));
    const end = (answer: string | undefined): void => {
      connection.destroy();
      resolve(answer);
    };
    connection.setTimeout(1000, () => end(undefined));
    connection.once('error', () => end(undefined));
    connection.once('data', (data) => end(data.toString()));
  });
}

function logFile(folder: string): string {
  return join(folder, 'redis.log');
}

function lastLines(folder: string): string {
  try {
    return readFileSync(logFile(folder), 'utf8').trim().split('\n').slice(-5).join(' | ');
  } catch {
    return 'it wrote nothing';
  }
}
