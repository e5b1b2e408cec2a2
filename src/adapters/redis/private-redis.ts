import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../ports/log.ts';
import { lockData } from './data-lock.ts';
import { findRedisProgram } from './find-redis-program.ts';
import { isAlive } from './process-life.ts';
import { endRedis, ping, spawnRedis, untilReady, type RedisProcess } from './redis-process.ts';

export interface PrivateRedisOptions {
  /** The data folder; Redis has `<data>/redis`. */
  readonly data: string;
  readonly log: Log;
  /** Where programs are looked for, as a PATH. */
  readonly path: string;
}

export interface PrivateRedis {
  /** The Unix socket. */
  readonly path: string;
  readonly pid: number;
  /** Ends Redis in good order; the last thing a Fixpoint does. */
  stop(): Promise<void>;
}

/** The path of a Unix socket may have 104 bytes on some systems. */
const longestSocket = 100;
/** A server that died by itself is started again after this, ms. */
const watchMs = 500;

/**
 * A Redis of our own on a Unix socket that loses no acknowledged write. One that outlived its Fixpoint is adopted. Throws
 * `config.invalid` when another Fixpoint uses the data or no program is found, `store.unavailable` when it does not come up.
 */
export async function startPrivateRedis({ data, log, path }: PrivateRedisOptions): Promise<PrivateRedis> {
  const folder = resolve(data, 'redis');
  const note = resolve(data, 'redis.json');
  const lock = lockData(resolve(data));
  let server: RedisProcess;
  try {
    server = (await adopt({ note, folder, log })) ?? (await launch());
  } catch (error) {
    lock.release();
    throw error;
  }

  async function launch(socket = newSocket()): Promise<RedisProcess> {
    const program = findRedisProgram(path);
    mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
    const started = spawnRedis({ program, folder, socket });
    writeNote(note, started);
    await untilReady(started, folder);
    log.info({ pid: started.pid, program, data: folder }, 'private Redis started');
    return started;
  }

  let mending: Promise<void> | undefined;
  async function mend(): Promise<void> {
    log.error({ pid: server.pid }, 'private Redis died, starting it again');
    try {
      // On the same socket, where everyone looks for it.
      server = await launch(server.socket);
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'private Redis could not be started again');
    }
    mending = undefined;
  }
  const watch = setInterval(() => {
    if (!isAlive(server)) mending ??= mend();
  }, watchMs).unref();

  return {
    path: server.socket,
    get pid() {
      return server.pid;
    },
    async stop() {
      clearInterval(watch);
      await mending;
      await endRedis(server);
      removeSocket(server.socket);
      rmSync(note, { force: true });
      lock.release();
    },
  };
}

/** The server that a Fixpoint before us left running on this data. One that cannot be reached is ended: two must not write. */
async function adopt({ note, folder, log }: { note: string; folder: string; log: Log }): Promise<RedisProcess | undefined> {
  const left = readNote(note);
  if (left === undefined) return undefined;
  if (isAlive(left) && (await ping(left.socket)) !== undefined) {
    await untilReady(left, folder);
    log.info({ pid: left.pid }, 'private Redis was still running, using it');
    return left;
  }
  if (isAlive(left)) {
    log.warn({ pid: left.pid }, 'private Redis was still running and does not answer, ending it');
    await endRedis(left);
  }
  removeSocket(left.socket);
  return undefined;
}

/** And its folder, if that was only for it. */
function removeSocket(socket: string): void {
  rmSync(socket, { force: true });
  try {
    rmdirSync(dirname(socket));
  } catch {
    // What else is in there is not ours.
  }
}

function newSocket(): string {
  const parent = join(tmpdir(), 'fixpoint-XXXXXX', 'redis.sock').length <= longestSocket ? tmpdir() : '/tmp';
  return join(mkdtempSync(join(parent, 'fixpoint-')), 'redis.sock');
}

function readNote(note: string): RedisProcess | undefined {
  try {
    const { pid, socket, started } = JSON.parse(readFileSync(note, 'utf8')) as RedisProcess;
    return typeof pid === 'number' && typeof socket === 'string' ? { pid, socket, started } : undefined;
  } catch {
    return undefined;
  }
}

function writeNote(note: string, server: RedisProcess): void {
  writeFileSync(`${note}.new`, `${JSON.stringify(server)}\n`, { mode: 0o600 });
  renameSync(`${note}.new`, note);
}
