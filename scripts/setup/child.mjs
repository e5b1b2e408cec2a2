import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const followParent = new URL('./follow-parent.mjs', import.meta.url).href;

/**
 * Runs Node in the foreground until it ends; it ends with us, however we end.
 * @param {{ node: string, args: readonly string[], cwd?: string, env?: NodeJS.ProcessEnv }} what
 * @returns {Promise<number>} the exit code; 128 + the signal's number when a signal ended it, as shells have it
 */
export function runInForeground({ node, args, cwd, env = process.env }) {
  const child = spawn(node, ['--import', followParent, ...args], { cwd, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  let isInterruptPassedOn = false;
  const handlers = {
    // A terminal sends Ctrl-C to the child too, and only once; without one, nobody else tells it.
    SIGINT: () => {
      if (hasTerminal || isInterruptPassedOn) return;
      isInterruptPassedOn = true;
      child.kill('SIGINT');
    },
    SIGTERM: () => void child.kill('SIGTERM'),
    // From a terminal this means that it was closed; to a service it means reload.
    SIGHUP: () => void child.kill(hasTerminal ? 'SIGTERM' : 'SIGHUP'),
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  const watch = watchShellOfNpm(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
      clearInterval(watch);
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

/**
 * npm runs commands in a shell; a SIGTERM to npm ends that shell, which tells nobody.
 * @param {() => void} stop
 * @returns {NodeJS.Timeout | undefined}
 */
function watchShellOfNpm(stop) {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    stop();
  }, 500);
  return watch;
}
