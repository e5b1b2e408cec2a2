import type { EventStream, StreamState } from './event-stream.ts';

/** Producers are refused while there is so much to do. */
const mostBacklog = 200_000;
/** Rates are over the last so many seconds. */
const window = 10;
const turnSeconds = 1;

/** Who adds to a stream and who takes from it, in entries a second. */
export interface StreamConditions {
  readonly arriving: number;
  /** What each pod of the consumer acknowledges; 0 for one that hangs. */
  readonly consumers: readonly number[];
}

interface Sample {
  readonly at: number;
  readonly backlog: number;
  readonly handled: number;
}

/** One stream as time passes: the same for one that is counted and one in Redis. */
export class StreamLife {
  readonly #stream: EventStream;
  #conditions: StreamConditions = { arriving: 0, consumers: [] };
  #samples: readonly Sample[] = [];
  /** Seconds since the beginning, and those of them that are still owed to the stream. */
  #age = 0;
  #owed = 0;
  /** Parts of entries, left over from turns. */
  #arrivalRest = 0;
  /** Entries that went through while time was skipped. */
  #handledBesides = 0;
  readonly #consumerRests: number[] = [];

  constructor(stream: EventStream) {
    this.#stream = stream;
  }

  get state(): StreamState {
    const { handled, ...rest } = this.#stream.state;
    return { ...rest, handled: handled + this.#handledBesides };
  }

  /** What is to do: read or not. */
  get backlog(): number {
    return this.state.pending + this.state.lag;
  }

  /** How fast the backlog grows, and how fast entries are acknowledged, in entries a second. */
  get growth(): number {
    return this.#rateOf(({ backlog }) => backlog);
  }

  get handling(): number {
    return this.#rateOf(({ handled }) => handled);
  }

  clear(): void {
    this.#stream.clear();
  }

  fill(entries: number): void {
    if (entries > 0) this.#stream.fill(entries);
  }

  /** Time under the conditions that were given last, and then the new ones. */
  pass(seconds: number, next: StreamConditions): void {
    this.#owed += seconds;
    if (this.#owed > 2 * window && this.isSettled()) this.#skip(Math.floor(this.#owed) - window);
    for (; this.#owed >= turnSeconds; this.#owed -= turnSeconds) this.#turn();
    this.#conditions = next;
  }

  /** Whether time changes nothing but counters. */
  isSettled(): boolean {
    const { arriving, consumers } = this.#conditions;
    const capacity = sumOf(consumers);
    const isSteady = !this.#stream.isBusy && this.#samples.every(({ backlog }) => backlog === this.backlog);
    return isSteady && (this.backlog === 0 ? capacity >= arriving : this.backlog >= mostBacklog && capacity <= arriving);
  }

  async close(): Promise<void> {
    await this.#stream.close();
  }

  /** Time in which every turn would be like the one before. */
  #skip(seconds: number): void {
    const { arriving, consumers } = this.#conditions;
    this.#handledBesides += seconds * Math.min(arriving, sumOf(consumers));
    this.#age += seconds;
    this.#owed -= seconds;
  }

  #turn(): void {
    const { arriving, consumers } = this.#conditions;
    const arrivals = this.backlog >= mostBacklog ? 0 : arriving * turnSeconds + this.#arrivalRest;
    this.#arrivalRest = arrivals - Math.floor(arrivals);
    const most = consumers.map((rate, index) => {
      const entries = rate * turnSeconds + (this.#consumerRests[index] ?? 0);
      this.#consumerRests[index] = entries - Math.floor(entries);
      return Math.floor(entries);
    });
    this.#stream.take({ arrivals: Math.floor(arrivals), consumers: most });
    this.#age += turnSeconds;
    const { handled } = this.state;
    this.#samples = [...this.#samples.filter(({ at }) => at > this.#age - window), { at: this.#age, backlog: this.backlog, handled }];
  }

  #rateOf(of: (sample: Sample) => number): number {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return (of(last) - of(first)) / (last.at - first.at);
  }
}

function sumOf(rates: readonly number[]): number {
  return rates.reduce((sum, rate) => sum + rate, 0);
}
