import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { startServer, type Server } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const followParent = new URL('../../scripts/setup/follow-parent.mjs', import.meta.url).href;

/** `data` is its data folder, kept over `halt`, `kill9` and `restart`. */
export interface FixpointServer extends Server {
  readonly url: string;
  readonly port: number;
  readonly data: string;
}

export interface FixpointOptions {
  /** After `serve`; `--listen` and `--data` are added. */
  readonly args?: readonly string[];
  /** Added to the environment, which is free of the developer's own FIXPOINT_ variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of the caller, left in place; else one of its own. */
  readonly data?: string;
  /** A port found before, for peers that have to know it first. */
  readonly port?: number;
  /** What is run instead of `src/main.ts serve`, from the clone's root: for a harness with an entry point of its own. */
  readonly entry?: readonly string[];
}

/** Starts the real service in a process of its own and waits until `/-/ready` answers 200. */
export async function startFixpoint({
  args = [],
  env = {},
  data,
  port: wantedPort,
  entry = ['src/main.ts', 'serve'],
}: FixpointOptions = {}): Promise<FixpointServer> {
  const folder = temporaryFolder();
  const dataFolder = data ?? join(folder.path, 'data');
  const port = wantedPort ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: 'Fixpoint',
    child: {
      command: process.execPath,
      args: ['--import', followParent, ...entry, '--listen', `127.0.0.1:${port}`, '--data', dataFolder, ...args],
      cwd: root,
      env: { ...ownEnvironment(), ...env },
      hasChannel: true,
    },
    isReady: async () => (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2000) })).ok,
    timeoutMs: 30_000,
    cleanUp: () => {
      endPrivateRedis(dataFolder);
      folder.remove();
    },
  });
  return Object.assign(server, { url, port, data: dataFolder });
}

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FIXPOINT_')));
}

/** A killed service leaves its private Redis running, for the next start to adopt; after a test there is none. */
function endPrivateRedis(dataFolder: string): void {
  const record = join(dataFolder, 'redis.json');
  if (!existsSync(record)) return;
  const { pid }: { pid?: unknown } = JSON.parse(readFileSync(record, 'utf8'));
  if (typeof pid !== 'number' || !isRedis(pid)) return;
  process.kill(pid, 'SIGKILL');
}

function isRedis(pid: number): boolean {
  try {
    return /redis|valkey/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
