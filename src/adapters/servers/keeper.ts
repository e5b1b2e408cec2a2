import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FixpointError } from '../../errors.ts';
import type { KeeperOrder, KeeperReport, ServerOrder } from './keeper-message.ts';

/** A server that the keeper runs. */
export interface KeptServer {
  readonly name: string;
  readonly pid: number;
  /** Why it does not run any more; undefined while it does. */
  ended(): string | undefined;
  /** The last lines it wrote. */
  lastLines(): string;
}

const program = fileURLToPath(new URL('keeper-main.ts', import.meta.url));
const longestEnd = 10_000;
const startMs = 10_000;
const pollMs = 20;

/**
 * Runs servers that must not outlive us, whatever ends us: they are children of a small process of its own, out of reach of our
 * terminal's signals, that ends them when the channel to us closes.
 */
export class Keeper {
  /** For all that its servers keep; it is removed with them. Others may pass through, not look into it. */
  readonly folder: string;
  readonly #process: ChildProcess;
  readonly #servers = new Map<number, { pid?: number; ended?: string }>();

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'fixpoint-'));
    chmodSync(this.folder, 0o711);
    this.#process = fork(program, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    this.#process.on('message', (report: KeeperReport) => this.#note(report));
    this.#process.once('exit', () => this.#lose('the process that kept it ended'));
    this.#process.on('error', (error) => this.#lose(error.message));
    this.#process.unref();
    this.#process.channel?.unref();
    this.#tell({ kind: 'folder', folder: this.folder });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Throws `config.invalid` where it cannot be started. */
  async start(order: Omit<ServerOrder, 'log'>): Promise<KeptServer> {
    const id = this.#servers.size;
    const state: { pid?: number; ended?: string } = {};
    this.#servers.set(id, state);
    const log = join(this.folder, `${order.name}.log`);
    if (this.#process.connected) this.#tell({ kind: 'start', id, order: { ...order, log } });
    else state.ended = 'the process that would keep it has ended';
    for (let waited = 0; state.pid === undefined && state.ended === undefined; waited += pollMs) {
      if (waited > startMs) state.ended = `not started within ${startMs} ms`;
      await delay(pollMs);
    }
    if (state.pid === undefined) throw new FixpointError('config.invalid', `${order.command} could not be started: ${state.ended ?? ''}`);
    return { name: order.name, pid: state.pid, ended: () => state.ended, lastLines: () => lastLinesOf(log) };
  }

  /** Ends all servers and removes the folder. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.ref();
    const ended = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    await Promise.race([ended, delay(longestEnd, undefined, { ref: false })]);
    this.#process.unref();
  }

  /** Nothing is known any more of what it kept. */
  #lose(how: string): void {
    for (const server of this.#servers.values()) server.ended ??= how;
  }

  #note(report: KeeperReport): void {
    const server = this.#servers.get(report.id);
    if (server === undefined) return;
    if (report.kind === 'started') server.pid = report.pid;
    else server.ended = report.how;
  }

  #tell(order: KeeperOrder): void {
    if (this.#process.connected) this.#process.send(order, () => undefined);
  }
}

function lastLinesOf(log: string): string {
  try {
    return readFileSync(log, 'utf8').trim().split('\n').slice(-5).join(' | ');
  } catch {
    return 'it wrote nothing';
  }
}
