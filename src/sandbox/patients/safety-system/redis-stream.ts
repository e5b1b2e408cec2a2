import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { mostInFlight, type EventStream, type StreamState, type StreamTurn } from './event-stream.ts';

const script = readFileSync(new URL('./stream-turn.lua', import.meta.url), 'utf8');

interface Options {
  /** `redis://127.0.0.1:1234` */
  readonly address: string;
  readonly stream: string;
  readonly group: string;
}

type Due = StreamTurn & { readonly isCleared: boolean };

/**
 * A stream in a real Redis, filled by XADD, read by XREADGROUP and acknowledged by XACK, all of a turn in one script, as hundreds of
 * exchanges a second would slow down whatever is practised. Turns are done in the background; `state` is what was seen last.
 */
export class RedisStream implements EventStream {
  readonly #client: Redis;
  readonly #stream: string;
  readonly #group: string;
  #state: StreamState = { pending: 0, lag: 0, handled: 0 };
  /** What is to be done once what is under way has ended; turns add up. */
  #due: Due | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor({ address, stream, group }: Options) {
    this.#client = new Redis(address, { maxRetriesPerRequest: 1, commandTimeout: 5000, connectionName: `patient-${group}` });
    // A Redis that is away for a while is no error of the sandbox: the next turn tries again.
    this.#client.on('error', () => undefined);
    this.#stream = stream;
    this.#group = group;
  }

  get state(): StreamState {
    return this.#state;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  clear(): void {
    this.#ask({ arrivals: 0, consumers: [], isCleared: true });
  }

  fill(entries: number): void {
    this.#ask({ arrivals: (this.#due?.arrivals ?? 0) + entries, consumers: this.#due?.consumers ?? [], isCleared: false });
  }

  take({ arrivals, consumers }: StreamTurn): void {
    const due = this.#due ?? { arrivals: 0, consumers: [] };
    const summed = consumers.map((most, index) => most + (due.consumers[index] ?? 0));
    this.#ask({ arrivals: due.arrivals + arrivals, consumers: summed, isCleared: false });
  }

  /** Resolves when everything that was asked for has been done. */
  async whenIdle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#client.disconnect();
    await this.#running;
  }

  #ask(due: Due): void {
    this.#due = { ...due, isCleared: due.isCleared || this.#due?.isCleared === true };
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#due !== undefined && !this.#isClosed) {
      const due = this.#due;
      this.#due = undefined;
      try {
        await this.#do(due);
      } catch {
        break;
      }
    }
    this.#running = undefined;
  }

  async #do({ arrivals, consumers, isCleared }: Due): Promise<void> {
    const args = [this.#group, isCleared ? 1 : 0, arrivals, mostInFlight, ...consumers];
    const [pending, lag, handled] = (await this.#client.eval(script, 1, this.#stream, ...args)) as [number, number, number];
    this.#state = { pending, lag, handled: this.#state.handled + handled };
  }
}
