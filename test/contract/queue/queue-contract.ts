import { describe, expect, it } from 'vitest';
import type { Queue } from '../../../src/ports/queue.ts';

export interface QueueUnderTest {
  readonly queue: Queue<Work>;
  /** The same queue through another adapter, as another process has it. */
  readonly other: Queue<Work>;
  now(): number;
  /** Lets time pass until the condition holds. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
}

export interface Work {
  readonly name: string;
}

/** A promise to be settled by hand. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

function work(name: string, given: { delay?: number; urgency?: 'critical' | 'normal' } = {}) {
  return { id: name, data: { name }, ...given };
}

/** What every form of the queue must do. */
export function queueContract(open: () => Promise<QueueUnderTest>): void {
  it('hands every message to one of those who consume', async () => {
    const { queue, other, until } = await open();
    const seen: string[] = [];
    const names = Array.from({ length: 20 }, (_, index) => `w-${index}`);
    await queue.addAll(names.slice(0, 10).map((name) => work(name)));
    for (const one of [queue, other]) {
      one.consume({ concurrency: 2, handler: async ({ name }) => void seen.push(name) });
    }
    for (const name of names.slice(10)) await other.add(work(name));
    await until(() => seen.length >= 20);

    expect(seen.toSorted()).toEqual(names.toSorted());
    await until(async () => (await queue.depth()).active === 0);
    expect(await queue.depth()).toEqual({ waiting: 0, delayed: 0, active: 0 });
  });

  it('passes data as it is', async () => {
    const { queue, until } = await open();
    const data = { name: 'ü"\\\n', list: [], object: {}, nested: [{}, []] };
    const seen: unknown[] = [];
    queue.consume({ concurrency: 1, handler: async (given) => void seen.push(given) });
    await queue.add({ id: '123', data });
    await until(() => seen.length > 0);
    expect(seen).toEqual([data]);
  });

  it('ignores a message whose id still waits or is in hand, and takes it again once done', async () => {
    const { queue, until } = await open();
    const seen: string[] = [];
    const hold = gate();
    await queue.addAll([work('a'), work('a'), { id: 'b', data: { name: 'first b' }, delay: 50 }]);
    await queue.add({ id: 'b', data: { name: 'second b' } });
    const handler = async ({ name }: Work) => {
      seen.push(name);
      if (name === 'a') await hold.opened;
    };
    queue.consume({ concurrency: 5, handler });
    await until(() => seen.length >= 2);
    await queue.add(work('a'));
    expect(await queue.depth()).toMatchObject({ waiting: 0, delayed: 0 });
    hold.open();
    await until(async () => (await queue.depth()).active === 0);
    expect(seen.toSorted()).toEqual(['a', 'first b']);

    await queue.add(work('a'));
    await until(() => seen.length === 3);
    expect(seen.filter((name) => name === 'a')).toHaveLength(2);
  });

  it('handles no more at once than it is told', async () => {
    const { queue, until } = await open();
    let [now, most, done] = [0, 0, 0];
    const handler = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      done += 1;
    };
    queue.consume({ concurrency: 3, handler });
    await queue.addAll(Array.from({ length: 30 }, (_, index) => work(`w-${index}`)));
    await until(() => done === 30);
    expect(most).toBe(3);
  });

  it('holds a delayed message back', async () => {
    const { queue, until, now } = await open();
    const seen: { name: string; at: number }[] = [];
    const start = now();
    await queue.addAll([work('late', { delay: 300 }), work('soon')]);
    expect(await queue.depth()).toMatchObject({ waiting: 1, delayed: 1 });
    queue.consume({ concurrency: 1, handler: async ({ name }) => void seen.push({ name, at: now() }) });
    await until(() => seen.length === 2);
    expect(seen.map(({ name }) => name)).toEqual(['soon', 'late']);
    expect((seen[1]?.at ?? 0) - start).toBeGreaterThanOrEqual(299);
  });

  it('hands a message out again, later, when its handler fails, as often as it takes', async () => {
    const { queue, until, now } = await open();
    const tries: number[] = [];
    let isDone = false;
    const handler = async ({ name }: Work) => {
      if (name !== 'bad') return;
      tries.push(now());
      if (tries.length < 3) throw new Error('not yet');
      isDone = true;
    };
    queue.consume({ concurrency: 1, handler });
    await queue.addAll([work('bad'), work('good')]);
    await until(() => isDone);
    expect(tries).toHaveLength(3);
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(499);
    expect((tries[2] ?? 0) - (tries[1] ?? 0)).toBeGreaterThanOrEqual(999);
    await until(async () => (await queue.depth()).active === 0);
    expect(await queue.depth()).toEqual({ waiting: 0, delayed: 0, active: 0 });
  });

  it('hands out critical messages first, each kind in order', async () => {
    const { queue, until } = await open();
    const seen: string[] = [];
    for (const name of ['n1', 'n2', 'n3']) await queue.add(work(name));
    for (const name of ['c1', 'c2']) await queue.add(work(name, { urgency: 'critical' }));
    queue.consume({ concurrency: 1, handler: async ({ name }) => void seen.push(name) });
    await until(() => seen.length === 5);
    expect(seen).toEqual(['c1', 'c2', 'n1', 'n2', 'n3']);
  });

  it('knows how much waits, and since when', async () => {
    const { queue, other, until, now } = await open();
    expect(await queue.depth()).toEqual({ waiting: 0, delayed: 0, active: 0 });
    const first = now();
    await queue.add(work('n1'));
    await queue.addAll([work('c1', { urgency: 'critical' }), work('d1', { delay: 60_000 })]);
    const { oldestAt = 0, ...depth } = await other.depth();
    expect(depth).toEqual({ waiting: 2, delayed: 1, active: 0 });
    expect(oldestAt).toBeGreaterThanOrEqual(first);
    expect(oldestAt).toBeLessThanOrEqual(now());

    const hold = gate();
    queue.consume({ concurrency: 1, handler: () => hold.opened });
    await until(async () => (await queue.depth()).active === 1);
    expect(await other.depth()).toMatchObject({ waiting: 1, delayed: 1, active: 1 });
    hold.open();
    await until(async () => (await queue.depth()).active === 0);
  });

  describe('a consumer that closes', () => {
    it('waits for what is in hand and takes no more', async () => {
      const { queue, until } = await open();
      const hold = gate();
      const seen: string[] = [];
      const handler = async ({ name }: Work, signal: AbortSignal) => {
        await hold.opened;
        seen.push(`${name} ${signal.aborted}`);
      };
      const consumer = queue.consume({ concurrency: 1, handler });
      await queue.addAll([work('a'), work('b')]);
      await until(async () => (await queue.depth()).active === 1);
      const closed = consumer.close(5000);
      hold.open();
      await closed;
      expect(seen).toEqual(['a false']);
      expect(await queue.depth()).toMatchObject({ waiting: 1, active: 0 });
    });

    it('tells what is still in hand after the grace, and the message comes again', async () => {
      const { queue, other, until } = await open();
      let reason: unknown;
      const handler = (_data: Work, signal: AbortSignal) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(new Error('stopped'));
          });
        });
      const consumer = queue.consume({ concurrency: 1, handler });
      await queue.add(work('a'));
      await until(async () => (await queue.depth()).active === 1);
      await consumer.close(0);
      expect(reason).toBeDefined();

      const seen: string[] = [];
      other.consume({ concurrency: 1, handler: async ({ name }) => void seen.push(name) });
      await until(() => seen.length === 1);
    });
  });

  it.each(['', 'a:b', 'a b', 'ü'])('refuses %j as an id', async (id) => {
    const { queue } = await open();
    await expect(queue.add({ id, data: { name: 'x' } })).rejects.toMatchObject({ code: 'internal' });
    await expect(queue.addAll([work('fine'), { id, data: { name: 'x' } }])).rejects.toMatchObject({ code: 'internal' });
    expect(await queue.depth()).toMatchObject({ waiting: 0 });
  });
}
