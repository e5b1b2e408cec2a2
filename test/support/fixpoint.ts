import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { historyContent } from './secrets/history-content.ts';
import { plantSecrets } from './secrets/planted-configuration.ts';
import { redisContent } from './secrets/redis-content.ts';
import { SecretWatch } from './secrets/secret-watch.ts';
import { startServer, type Server } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const recordAnswers = new URL('secrets/record-answers.ts', import.meta.url).href;
const followParent = new URL('../../scripts/setup/follow-parent.mjs', import.meta.url).href;

/** `data` is its data folder, kept over `halt`, `kill9` and `restart`. */
export interface FixpointServer extends Server {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  /** The secrets that must not turn up, by their places. */
  readonly watched: readonly string[];
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
  /** PEM of whoever has signed its certificate, where its configuration has `tls:`. */
  readonly authority?: string;
}

/**
 * Starts the real service in a process of its own and waits until `/-/ready` answers 200. Its secrets are watched, planted ones among
 * them: `stop` fails where one turns up in what it wrote, answered, or keeps in its data folder or Redis.
 */
export async function startFixpoint({
  args = [],
  env = {},
  data,
  port: wantedPort,
  entry = ['src/main.ts', 'serve'],
  authority,
}: FixpointOptions = {}): Promise<FixpointServer> {
  const folder = temporaryFolder();
  const dataFolder = data ?? join(folder.path, 'data');
  const port = wantedPort ?? (await freePort());
  const url = `${authority === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const watch = new SecretWatch();
  const planted = plantSecrets({ args, env, folder: folder.path }, watch);
  const answers = join(folder.path, 'answers');
  const written: string[] = [];
  const server = await startServer({
    name: 'Fixpoint',
    child: {
      command: process.execPath,
      args: [
        '--import',
        followParent,
        '--import',
        recordAnswers,
        ...entry,
        '--listen',
        `127.0.0.1:${port}`,
        '--data',
        dataFolder,
        ...planted.args,
      ],
      cwd: root,
      env: { ...ownEnvironment(), RECORD_ANSWERS: `${port}:${answers}`, ...planted.env },
      hasChannel: true,
      wrote: (text) => void written.push(text),
    },
    isReady: async () =>
      authority === undefined ? (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2000) })).ok : await isReady(url, authority),
    timeoutMs: 30_000,
    cleanUp: () => {
      endPrivateRedis(dataFolder);
      folder.remove();
    },
  });
  async function stop(): Promise<void> {
    try {
      await server.halt();
      watch.look('what it wrote', written.join(''));
      if (existsSync(answers)) watch.look('its answers', readFileSync(answers, 'latin1'));
      if (existsSync(dataFolder)) watch.lookAtFolder(dataFolder);
      const redis = args[args.indexOf('--redis') + 1];
      if (args.includes('--redis') && redis !== undefined)
        for await (const { key, text } of redisContent(redis)) watch.look(`key ${key} of its Redis`, text);
      if (planted.history !== undefined)
        for await (const { table, text } of historyContent(planted.history)) watch.look(`table ${table} of its history`, text);
    } finally {
      await stopForGood();
    }
    watch.assertNothingFound();
  }
  const stopForGood = server.stop;
  return Object.assign(server, { url, port, data: dataFolder, stop, [Symbol.asyncDispose]: stop, watched: watch.places });
}

function isReady(url: string, authority: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asked = get(`${url}/-/ready`, { ca: authority, timeout: 2000 }, (response) => resolve(response.resume().statusCode === 200));
    asked.on('error', reject);
  });
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
