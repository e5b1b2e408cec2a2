import { spawn, spawnSync } from 'node:child_process';
import { atExit } from './at-exit.ts';
import { waitUntil } from './wait-until.ts';

/** A program started by a test. */
export interface ChildProcess {
  readonly pid: number;
  /** All it has written so far, both streams mixed. */
  output(): string;
  isRunning(): boolean;
  /** The exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Asks it to end with its stop signal; kills it when it does not within 10 s. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  freeze(): void;
  thaw(): void;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The signal that ends it well; SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
  /** Set for a Node program loaded with `follow-parent.mjs`: it learns of our end through a channel instead of a signal. */
  readonly hasChannel?: boolean;
  /** Run as this user; needs root. */
  readonly user?: string;
  /** Told of all it writes, also when it is started again. */
  readonly wrote?: (text: string) => void;
}

/** Starts a program that ends at the latest when this process does, also when this process is killed (Linux). */
export function startChild({
  command,
  args,
  cwd,
  env,
  stopSignal = 'SIGTERM',
  hasChannel = false,
  user,
  wrote,
}: ChildOptions): ChildProcess {
  const wrapper = hasChannel ? [] : privileges({ user, deathSignal: stopSignal === 'SIGINT' ? 'QUIT' : 'KILL' });
  const [file = command, ...rest] = [...wrapper, command, ...args];
  const child = spawn(file, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])] });
  const chunks: string[] = [];
  const take = (chunk: string): void => {
    chunks.push(chunk);
    wrote?.(chunk);
  };
  child.stdout?.setEncoding('utf8').on('data', take);
  child.stderr?.setEncoding('utf8').on('data', take);

  const takeBack = atExit(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', (error) => {
      chunks.push(error.message);
      resolve(127);
    });
    child.once('exit', (code, signal) => {
      resolve(signal ?? code ?? 1);
    });
  });
  void ended.then(takeBack);
  const isRunning = (): boolean => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

  async function stop(): Promise<void> {
    child.kill('SIGCONT');
    child.kill(stopSignal);
    try {
      await waitUntil(() => !isRunning(), { describe: `${command} ends` });
    } catch {
      await kill9();
    }
  }
  async function kill9(): Promise<void> {
    child.kill('SIGKILL');
    await ended;
  }
  return {
    pid: child.pid ?? -1,
    output: () => chunks.join(''),
    isRunning,
    ended,
    stop,
    kill9,
    signal: (signal) => void child.kill(signal),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

/** The words in front of a command that change the user and tie its life to ours; none where `setpriv` does not exist. */
export function privileges({ user, deathSignal }: { user?: string | undefined; deathSignal?: string }): readonly string[] {
  if (spawnSync('setpriv', ['--version'], { stdio: 'ignore' }).status !== 0) return [];
  return [
    'setpriv',
    ...(user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--init-groups']),
    ...(deathSignal === undefined ? [] : ['--pdeathsig', deathSignal]),
    '--',
  ];
}
