import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { atExit } from '../support/at-exit.ts';
import type { Command, ProcessOrders, Said } from './process/orders.ts';

const entry = fileURLToPath(new URL('process/main.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Ms a process may take to be ready; the machine may be busy. */
const startLimit = 20_000;

/** Lines kept of what it wrote first: why it could not start. */
const mostLines = 100;

export interface MemberHooks {
  said(pid: number, said: Said): void;
  logged(pid: number, line: string): void;
  /** Dead, by whatever hand. */
  ended(pid: number): void;
}

/** One process under test. */
export class Member {
  readonly pid: number;
  /** Resolves when it is ready to work; rejects when it ends before that. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #hasEnded = false;

  constructor(orders: ProcessOrders, { hooks, cache }: { hooks: MemberHooks; cache: string }) {
    const child = spawn(process.execPath, [entry, JSON.stringify(orders)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
      env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: cache },
    });
    this.#child = child;
    this.pid = child.pid ?? -1;
    const takeBack = atExit(() => void child.kill('SIGKILL'));
    child.on('error', () => {});
    this.ended = new Promise((resolve) => {
      // `close` comes when its pipes are read to their end: what it said last has been heard by then.
      child.once('close', () => {
        takeBack();
        this.#hasEnded = true;
        hooks.ended(this.pid);
        resolve();
      });
    });
    this.ready = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`process ${this.pid} was not ready within ${startLimit} ms`)), startLimit);
      void this.ended.then(() => {
        clearTimeout(late);
        reject(new Error(`process ${this.pid} ended before it was ready; it wrote:\n${this.#lines.slice(-30).join('\n')}`));
      });
      const said = child.stdio[3];
      if (said === null || said === undefined || !('read' in said)) throw new Error('the third pipe can be read');
      createInterface({ input: said }).on('line', (line) => {
        const word = JSON.parse(line) as Said;
        if (word.said === 'ready') {
          clearTimeout(late);
          resolve();
        }
        hooks.said(this.pid, word);
      });
    });
    this.ready.catch(() => {});
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue;
      createInterface({ input: output }).on('line', (line) => {
        if (this.#lines.length < mostLines) this.#lines.push(line);
        hooks.logged(this.pid, line);
      });
    }
  }

  get isRunning(): boolean {
    return !this.#hasEnded && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  tell(command: Command): void {
    // One that has just died hears nothing.
    if (this.#child.connected) this.#child.send(command, () => {});
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
