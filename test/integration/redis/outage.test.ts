import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { redisLedger } from '../../../src/adapters/redis/redis-ledger.ts';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisQueue } from '../../../src/adapters/redis/redis-queue.ts';
import { redisStore } from '../../../src/adapters/redis/redis-store.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import type { Store } from '../../../src/ports/store.ts';
import { batch, claimed, entry, firing, inPhase, law, openWithRun, runOf } from '../../contract/store/records.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { startChild } from '../../support/child-process.ts';
import { freePort } from '../../support/free-port.ts';
import { startRedis } from '../../support/redis.ts';
import { serverProgram } from '../../support/server-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

interface Ports {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly queue: Queue<{ n: number }>;
}

const within = 1000;

/** One question of each kind: reading, writing, both, of each port. */
const questions: readonly (readonly [string, (ports: Ports) => Promise<unknown>])[] = [
  ['store.time', ({ store }) => store.time()],
  ['store.intake', ({ store }) => store.intake(batch([entry(firing('x'))]))],
  ['store.createRuns', ({ store }) => store.createRuns([{ run: runOf('x-1'), entries: [] }])],
  ['store.claim', ({ store }) => store.claim('x-1', 'w', 1000)],
  ['store.commit', ({ store }) => store.commit({ run: runOf('x-1'), fence: 1, entries: [] })],
  ['store.permit', ({ store }) => store.permit('x-1', 1, { rule: '', source: '', namespaces: [], targets: [], onlyWhileFiring: true })],
  ['store.runs', ({ store }) => store.runs({ limit: 1 })],
  ['store.incidents', ({ store }) => store.incidents({ limit: 1 })],
  ['store.pauses', ({ store }) => store.pauses()],
  ['store.notification', ({ store }) => store.notification('x')],
  ['store.journal', ({ store }) => store.journal('0', 1)],
  ['store.follow', ({ store }) => store.follow('$', 10_000, new AbortController().signal)],
  ['store.sweep', ({ store }) => store.sweep()],
  ['store.lineage', ({ store }) => store.lineage('g')],
  ['store.knownRuns', ({ store }) => store.knownRuns(['x-1'])],
  ['store.depart', ({ store }) => store.depart('x')],
  ['ledger.acquire', ({ ledger }) => ledger.acquire({ run: 'x-1', fence: 1, claims: [{ kind: 'lock', key: 'k', lease: 1 }] })],
  ['ledger.release', ({ ledger }) => ledger.release('x-1', ['k'])],
  ['queue.add', ({ queue }) => queue.add({ id: 'a', data: { n: 1 } })],
  ['queue.addAll', ({ queue }) => queue.addAll([{ id: 'b', data: { n: 1 } }])],
  ['queue.depth', ({ queue }) => queue.depth()],
];

describe('a Redis that cannot be used', () => {
  const closers: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  function connect(url: string): Ports {
    const link = new RedisLink({ url, log: quietLog });
    const store = redisStore({ link, url, law, log: quietLog });
    const queue = redisQueue<{ n: number }>({ name: 'work', link, url, log: quietLog, clock: systemClock() });
    closers.push(
      () => link.close(),
      () => store.close(),
      () => queue.close(),
    );
    return { store, queue, ledger: redisLedger({ link }) };
  }

  /** Every question at once: each must be refused in time. */
  async function expectAllRefused(ports: Ports): Promise<void> {
    // A busy machine is late with this timer as it is with theirs.
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
    }, within);
    const answers = await Promise.all(
      questions.map(async ([name, ask]) => {
        const outcome = await ask(ports).then(
          () => 'answered',
          (error: unknown) => (error as { code?: string }).code ?? String(error),
        );
        return { name, outcome, isInTime: !isOver };
      }),
    );
    clearTimeout(timer);
    expect(answers).toEqual(questions.map(([name]) => ({ name, outcome: 'store.unavailable', isInTime: true })));
  }

  async function expectAllAnswered(ports: Ports): Promise<void> {
    await waitUntil(() => ports.store.time(), { describe: 'Redis is used again' });
    for (const [name, ask] of questions.filter(([one]) => one !== 'store.follow')) {
      const outcome = await ask(ports).then(
        () => 'answered',
        (error: unknown) => String(error),
      );
      expect({ name, outcome }).toEqual({ name, outcome: 'answered' });
    }
  }

  it('refuses in time when it was never there, and is used once it is', async () => {
    const port = await freePort();
    const ports = connect(`redis://127.0.0.1:${port}`);
    await expectAllRefused(ports);
    await expectAllRefused(ports);
    using folder = temporaryFolder();
    const child = startChild({ command: serverProgram('redis'), args: ['--port', String(port), '--dir', folder.path, '--save', ''] });
    await expectAllAnswered(ports);
    await child.stop();
  });

  it('refuses in time when it is frozen, and is used again when it thaws', async () => {
    await using server = await startRedis();
    const ports = connect(server.url);
    await expectAllAnswered(ports);
    server.freeze();
    await expectAllRefused(ports);
    await expectAllRefused(ports);
    server.thaw();
    await expectAllAnswered(ports);
  });

  it('refuses in time when it was frozen before anyone connected', async () => {
    await using server = await startRedis();
    server.freeze();
    const ports = connect(server.url);
    await expectAllRefused(ports);
    server.thaw();
    await expectAllAnswered(ports);
  });

  it('refuses in time when it is down, and is used again when it is back', async () => {
    await using server = await startRedis();
    const ports = connect(server.url);
    await expectAllAnswered(ports);
    await server.kill9();
    await expectAllRefused(ports);
    await server.restart();
    await expectAllAnswered(ports);
  });

  it('loses nothing acknowledged over kill -9 when it syncs every write', async () => {
    await using server = await startRedis({ persist: true });
    const ports = connect(server.url);
    const { incident, run } = await openWithRun(ports.store);
    const fence = await claimed(ports.store, run.id, 60_000);
    await ports.store.commit({ run: inPhase(run, 'planning'), fence, entries: [{ type: 'planned', run: run.id, data: {} }] });
    await ports.ledger.acquire({ run: run.id, fence, claims: [{ kind: 'attempts', key: incident, max: 1 }] });
    const acknowledged: string[] = [];
    // Killed in the middle of many writes.
    const writes = Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        await ports.queue.add({ id: `w${index}`, data: { n: index } }).then(
          () => acknowledged.push(`w${index}`),
          () => {},
        );
        if (acknowledged.length === 100) await server.kill9();
      }),
    );
    await writes;
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    await server.restart();
    await waitUntil(() => ports.store.time(), { describe: 'Redis is used again' });

    expect(await ports.store.run(run.id)).toMatchObject({ run: { phase: 'planning' }, sequence: 1 });
    expect((await ports.store.journalOf(run.id)).map(({ type }) => type)).toEqual(['run-created', 'planned']);
    expect(await ports.store.renew(run.id, fence, 60_000)).toEqual({ signals: [] });
    expect(await ports.ledger.peek({ run: 'other', fence: 0, claims: [{ kind: 'attempts', key: incident, max: 1 }] })).toMatchObject({
      outcome: 'refused',
    });
    const { waiting } = await ports.queue.depth();
    expect(waiting).toBeGreaterThanOrEqual(acknowledged.length);
  });

  it('does not stop consumers for good', async () => {
    await using server = await startRedis({ persist: true });
    const ports = connect(server.url);
    const seen: number[] = [];
    ports.queue.consume({ concurrency: 2, handler: async ({ n }) => void seen.push(n) });
    await ports.queue.add({ id: 'a', data: { n: 1 } });
    await waitUntil(() => seen.length === 1, { describe: 'the first message is handled' });
    await server.kill9();
    await server.restart();
    await waitUntil(() => ports.queue.add({ id: 'b', data: { n: 2 } }).then(() => true), { describe: 'the second message is added' });
    await waitUntil(() => seen.includes(2), { describe: 'the second message is handled', timeoutMs: 15_000 });
  });
});
