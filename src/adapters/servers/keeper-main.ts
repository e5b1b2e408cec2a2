/**
 * Run by `keeper.ts` apart from its terminal: starts servers for the process that asked, and ends them and removes their folders as
 * soon as that process is gone, however it ended, or lets go of the channel between them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import type { KeeperOrder, KeeperReport, ServerOrder } from './keeper-message.ts';

/** A server that does not end by then is killed, ms. */
const patienceMs = 5000;

const running = new Map<ChildProcess, ServerOrder>();
const folders: string[] = [];
let isEnding = false;

process.on('message', (order: KeeperOrder) => {
  if (order.kind === 'folder') folders.push(order.folder);
  else if (!isEnding) tryToStart(order.id, order.order);
});
process.on('disconnect', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, endAll);

/** Whatever is wrong with one must not end the keeper: the others would go on for ever. */
function tryToStart(id: number, order: ServerOrder): void {
  try {
    start(id, order);
  } catch (error) {
    report({ kind: 'ended', id, how: error instanceof Error ? error.message : String(error) });
  }
}

function start(id: number, order: ServerOrder): void {
  const { command, args, cwd, user } = order;
  const output = openSync(order.log, 'a', 0o600);
  const child = spawn(command, args, { cwd, stdio: ['ignore', output, output], ...user });
  closeSync(output);
  running.set(child, order);
  const end = (how: string): void => {
    running.delete(child);
    report({ kind: 'ended', id, how });
    if (isEnding && running.size === 0) leave();
  };
  child.once('spawn', () => report({ kind: 'started', id, pid: child.pid ?? 0 }));
  child.once('error', (error) => end(error.message));
  child.once('exit', (code, signal) => end(signal ?? `exit code ${code ?? 1}`));
}

function report(what: KeeperReport): void {
  // Nobody listens any more once the channel is closed.
  if (process.connected) process.send?.(what, () => undefined);
}

function endAll(): void {
  if (isEnding) return;
  isEnding = true;
  for (const [child, { endSignal }] of running) child.kill(endSignal);
  setTimeout(() => {
    for (const child of running.keys()) child.kill('SIGKILL');
  }, patienceMs).unref();
  if (running.size === 0) leave();
}

function leave(): void {
  try {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } finally {
    process.exit(0);
  }
}
