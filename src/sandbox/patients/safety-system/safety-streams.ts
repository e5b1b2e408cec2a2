import type { Fault } from '../fault.ts';
import type { ReadyPod } from '../ready-pods.ts';
import { counter, gauge, type Metric, type Series } from '../series.ts';
import { MemoryStream } from './memory-stream.ts';
import { safetyStreams, type SafetyStream } from './platform.ts';
import { RedisStream } from './redis-stream.ts';
import { StreamLife, type StreamConditions } from './stream-life.ts';

/** Entries a second that come to a stream, and that one pod of its consumer acknowledges. */
const ordinaryArrivals = 60;
const surgeArrivals = 300;
const podHandles = 40;
/** What a surge has left when it shows, and what hung consumers hold. */
const surgeBacklog = 24_000;
const hungBacklog = 12_000;
/** What the alert is about, and what people look at daily. */
const backlogAbove = 10_000;
const watchedAbove = 1000;

const names = Object.keys(safetyStreams) as readonly SafetyStream[];

/** What weighs on a stream: the pods of its consumer, and faults. */
export interface StreamBurden {
  readonly pods: readonly ReadyPod[];
  readonly surge: Fault | undefined;
  readonly hung: Fault | undefined;
}

/** The streams of the safety system and their consumers: in Redis where there is one, else counted. */
export class SafetyStreams {
  readonly #lives: ReadonlyMap<SafetyStream, StreamLife>;

  constructor(address: string | undefined) {
    this.#lives = new Map(
      names.map((stream) => {
        const group = safetyStreams[stream];
        return [stream, new StreamLife(address === undefined ? new MemoryStream() : new RedisStream({ address, stream, group }))];
      }),
    );
  }

  pass(seconds: number, burdenOf: (stream: SafetyStream) => StreamBurden): void {
    for (const [stream, life] of this.#lives) life.pass(seconds, conditionsUnder(burdenOf(stream)));
  }

  startSurge(stream: SafetyStream): void {
    this.#fill(stream, surgeBacklog);
  }

  startHanging(stream: SafetyStream): void {
    this.#fill(stream, hungBacklog);
  }

  isBacklogged(stream: SafetyStream): boolean {
    return this.#life(stream).state.pending > backlogAbove;
  }

  /** Whether the consumers hold out against a surge and have worked off what it left. */
  isSurgeMet(stream: SafetyStream, pods: readonly ReadyPod[]): boolean {
    return pods.length * podHandles > surgeArrivals && this.#life(stream).backlog < watchedAbove;
  }

  clear(): void {
    for (const life of this.#lives.values()) life.clear();
  }

  isSettled(): boolean {
    return [...this.#lives.values()].every((life) => life.isSettled());
  }

  metrics(): readonly Metric[] {
    const of = (value: (life: StreamLife) => number): [Readonly<Record<string, string>>, number][] =>
      [...this.#lives].map(([stream, life]) => [{ stream }, value(life)]);
    return [
      gauge(
        'redis_stream_pending',
        'Entries read by consumers and not acknowledged.',
        of(({ state }) => state.pending),
      ),
      gauge(
        'redis_stream_lag',
        'Entries that no consumer has read.',
        of(({ state }) => state.lag),
      ),
      counter(
        'safety_stream_handled_total',
        'Entries acknowledged.',
        of(({ state }) => state.handled),
      ),
    ];
  }

  /** What Prometheus would record of them. */
  recorded(): readonly Series[] {
    return [...this.#lives].flatMap(([stream, life]) => [
      { name: 'safety:stream_backlog:entries', labels: { stream }, value: life.backlog },
      { name: 'safety:stream_backlog:deriv', labels: { stream }, value: life.growth },
      { name: 'safety:stream_handled:rate', labels: { stream }, value: life.handling },
    ]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lives.values()].map((life) => life.close()));
  }

  #fill(stream: SafetyStream, entries: number): void {
    const life = this.#life(stream);
    life.fill(entries - life.backlog);
  }

  #life(stream: SafetyStream): StreamLife {
    const life = this.#lives.get(stream);
    if (life === undefined) throw new RangeError(`there is no stream ${stream}`);
    return life;
  }
}

function conditionsUnder({ pods, surge, hung }: StreamBurden): StreamConditions {
  const isHung = ({ createdAt }: ReadyPod): boolean => hung !== undefined && (hung.isStubborn || createdAt <= hung.since);
  const consumers = pods.toSorted((a, b) => a.createdAt - b.createdAt).map((pod) => (isHung(pod) ? 0 : podHandles));
  if (surge === undefined) return { arriving: ordinaryArrivals, consumers };
  // A stubborn surge grows with the pods.
  return { arriving: surge.isStubborn ? consumers.length * podHandles + 100 : surgeArrivals, consumers };
}
