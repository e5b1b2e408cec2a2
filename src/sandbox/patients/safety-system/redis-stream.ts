import { Redis } from 'ioredis';
import { mostRead, type EventStream, type StreamState, type StreamTurn } from './event-stream.ts';

/** Entries that are added, or acknowledged, by one command. */
const batch = 1000;
/** The stream keeps so many entries, acknowledged ones included: more than are ever unread. */
const longest = 250_000;

interface Options {
  /** `redis://127.0.0.1:1234` */
  readonly address: string;
  readonly stream: string;
  readonly group: string;
}

/** A stream in a real Redis, filled, read and acknowledged by real commands. They are sent in the background; `state` is what was seen last. */
export class RedisStream implements EventStream {
  readonly #client: Redis;
  readonly #stream: string;
  readonly #group: string;
  #state: StreamState = { pending: 0, lag: 0, handled: 0 };
  /** What is to be done once what is under way has ended; turns add up. */
  #due: (StreamTurn & { readonly isCleared: boolean }) | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #isMade = false;

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

  #ask(due: StreamTurn & { readonly isCleared: boolean }): void {
    this.#due = { ...due, isCleared: due.isCleared || this.#due?.isCleared === true };
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#due !== undefined && !this.#isClosed) {
      const turn = this.#due;
      this.#due = undefined;
      try {
        await this.#do(turn);
      } catch {
        this.#isMade = false;
        break;
      }
    }
    this.#running = undefined;
  }

  async #do({ arrivals, consumers, isCleared }: StreamTurn & { readonly isCleared: boolean }): Promise<void> {
    if (isCleared) {
      this.#isMade = false;
      await this.#client.del(this.#stream);
    }
    await this.#make();
    await this.#add(arrivals);
    const held = await this.#heldBy();
    await this.#inherit(consumers.length, held);
    let { lag } = await this.#look();
    let handled = 0;
    for (const [index, most] of consumers.entries()) {
      const share = mostRead({ lag, held: held.get(nameOf(index)) ?? 0, readers: consumers.length - index });
      await this.#read(index, share);
      lag -= share;
      handled += await this.#acknowledge(index, most);
    }
    this.#state = { ...(await this.#look()), handled: this.#state.handled + handled };
  }

  async #make(): Promise<void> {
    if (this.#isMade) return;
    try {
      await this.#client.xgroup('CREATE', this.#stream, this.#group, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('BUSYGROUP')) throw error;
    }
    this.#isMade = true;
  }

  async #add(entries: number): Promise<void> {
    for (let left = entries; left > 0; left -= batch) {
      const pipeline = this.#client.pipeline();
      for (let one = 0; one < Math.min(left, batch); one += 1)
        pipeline.xadd(this.#stream, 'MAXLEN', '~', longest, '*', 'kind', 'message', 'tenant', `t${one % 7}`);
      await pipeline.exec();
    }
  }

  async #heldBy(): Promise<Map<string, number>> {
    const [, , , consumers] = (await this.#client.xpending(this.#stream, this.#group)) as [
      number,
      unknown,
      unknown,
      [string, string][] | null,
    ];
    return new Map((consumers ?? []).map(([name, count]) => [name, Number(count)]));
  }

  /** The first consumer claims what those had that are no more. */
  async #inherit(count: number, held: Map<string, number>): Promise<void> {
    if (count === 0) return;
    const present = new Set(Array.from({ length: count }, (_, index) => nameOf(index)));
    for (const [name, entries] of held) {
      if (present.has(name)) continue;
      for (let left = entries; left > 0; left -= batch) {
        const ids = await this.#idsOf(name, batch);
        if (ids.length === 0) break;
        await this.#client.xclaim(this.#stream, this.#group, nameOf(0), 0, ...ids, 'JUSTID');
      }
      held.set(nameOf(0), (held.get(nameOf(0)) ?? 0) + entries);
    }
  }

  async #read(index: number, entries: number): Promise<void> {
    if (entries === 0) return;
    await this.#client.xreadgroup('GROUP', this.#group, nameOf(index), 'COUNT', entries, 'STREAMS', this.#stream, '>');
  }

  async #acknowledge(index: number, most: number): Promise<number> {
    let handled = 0;
    while (handled < most) {
      const ids = await this.#idsOf(nameOf(index), Math.min(batch, most - handled));
      if (ids.length === 0) break;
      handled += await this.#client.xack(this.#stream, this.#group, ...ids);
    }
    return handled;
  }

  async #idsOf(consumer: string, count: number): Promise<readonly string[]> {
    const entries = (await this.#client.xpending(this.#stream, this.#group, '-', '+', count, consumer)) as [string, ...unknown[]][];
    return entries.map(([id]) => id);
  }

  async #look(): Promise<Pick<StreamState, 'pending' | 'lag'>> {
    const groups = (await this.#client.xinfo('GROUPS', this.#stream)) as unknown[][];
    const own = groups.find((group) => group[group.indexOf('name') + 1] === this.#group) ?? [];
    return { pending: Number(own[own.indexOf('pending') + 1] ?? 0), lag: Number(own[own.indexOf('lag') + 1] ?? 0) };
  }
}

function nameOf(index: number): string {
  return `consumer-${index + 1}`;
}
