import { FixpointError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Consumer, Message, Queue, QueueDepth } from '../../ports/queue.ts';
import { checkMessageIds, pauseAfter, turnOf } from '../queue-order.ts';

interface Waiting<T> {
  readonly id: string;
  readonly data: T;
  readonly urgency: 'critical' | 'normal';
  /** When it may be handed out first, ms. */
  readonly at: number;
  readonly order: number;
  readonly failures: number;
}

interface Taker<T> {
  readonly concurrency: number;
  readonly handler: (data: T, signal: AbortSignal) => Promise<void>;
  readonly inHand: Set<{ readonly done: Promise<void>; readonly abort: AbortController }>;
  isOpen: boolean;
}

/** The queue without Redis: messages last as long as the object. */
export function memoryQueue<T>(clock: Clock): Queue<T> {
  const waiting = new Map<string, Waiting<T>>();
  const active = new Set<string>();
  const takers: Taker<T>[] = [];
  let added = 0;
  let wake: { stop(): void } | undefined;

  function put(message: Omit<Waiting<T>, 'order'>): void {
    added += 1;
    waiting.set(message.id, { ...message, order: added });
  }

  function addOne({ id, data, delay = 0, urgency = 'normal' }: Message<T>): void {
    if (waiting.has(id) || active.has(id)) return;
    // As it will be read, and not as someone may change it meanwhile.
    put({ id, data: structuredClone(data), urgency, at: clock.now() + delay, failures: 0 });
  }

  /** Hands out what is ready as far as hands are free, and wakes up for the next that is delayed. */
  function serve(): void {
    wake?.stop();
    wake = undefined;
    for (let taker = freeTaker(); taker !== undefined; taker = freeTaker()) {
      const message = nextReady();
      if (message === undefined) break;
      handOut(message, taker);
    }
    const next = [...waiting.values()].map(({ at }) => at).filter((at) => at > clock.now());
    if (next.length > 0 && takers.some(({ isOpen }) => isOpen)) wake = clock.after(Math.min(...next) - clock.now(), serve);
  }

  function freeTaker(): Taker<T> | undefined {
    return takers.find(({ isOpen, inHand, concurrency }) => isOpen && inHand.size < concurrency);
  }

  function nextReady(): Waiting<T> | undefined {
    const ready = [...waiting.values()].filter(({ at }) => at <= clock.now());
    return ready.toSorted((a, b) => turnOf(a) - turnOf(b) || a.order - b.order)[0];
  }

  function handOut(message: Waiting<T>, taker: Taker<T>): void {
    waiting.delete(message.id);
    active.add(message.id);
    const abort = new AbortController();
    const hand = { abort, done: handle() };
    taker.inHand.add(hand);
    async function handle(): Promise<void> {
      // Never within `add`, whose caller is not done.
      await Promise.resolve();
      let hasFailed = false;
      try {
        await taker.handler(message.data, abort.signal);
      } catch {
        hasFailed = true;
      }
      active.delete(message.id);
      taker.inHand.delete(hand);
      const failures = message.failures + 1;
      if (hasFailed) put({ ...message, failures, at: clock.now() + pauseAfter(failures) });
      serve();
    }
  }

  async function closeTaker(taker: Taker<T>, graceMs: number): Promise<void> {
    taker.isOpen = false;
    const late = new AbortController();
    const done = Promise.all([...taker.inHand].map((hand) => hand.done));
    if (graceMs > 0) await Promise.race([done, clock.sleep(graceMs, late.signal).catch(() => {})]);
    late.abort();
    for (const hand of taker.inHand) hand.abort.abort(new FixpointError('shutting-down', 'the consumer is closing'));
    serve();
  }

  return {
    async add(message) {
      checkMessageIds([message]);
      addOne(message);
      serve();
    },
    async addAll(messages) {
      checkMessageIds(messages);
      for (const message of messages) addOne(message);
      serve();
    },
    consume({ concurrency, handler }): Consumer {
      const taker: Taker<T> = { concurrency, handler, inHand: new Set(), isOpen: true };
      takers.push(taker);
      serve();
      return { close: (graceMs) => closeTaker(taker, graceMs) };
    },
    async depth(): Promise<QueueDepth> {
      const now = clock.now();
      const ready = [...waiting.values()].filter(({ at }) => at <= now).map(({ at }) => at);
      const oldest = ready.length === 0 ? {} : { oldestAt: Math.min(...ready) };
      return { waiting: ready.length, delayed: waiting.size - ready.length, active: active.size, ...oldest };
    },
    async close() {
      await Promise.all(takers.map((taker) => closeTaker(taker, 0)));
      wake?.stop();
    },
  };
}
