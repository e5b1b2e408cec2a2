import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { Membership } from '../../../src/app/membership.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { Replica } from '../../../src/ports/replicas.ts';
import type { Store } from '../../../src/ports/store.ts';
import { law } from '../../contract/store/records.ts';

function rig(isRedisUp = () => true) {
  const clock = manualClock();
  const inner = memoryStore({ clock, law });
  const away = () => Promise.reject(new FixpointError('store.unavailable', 'away'));
  const store: Store = { ...inner, announce: (replica, life) => (isRedisUp() ? inner.announce(replica, life) : away()) };
  const logged: string[] = [];
  const note = (_data: object, message: string) => void logged.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const member = (id: string, history: Replica['history']) =>
    new Membership({ store, clock, log, self: () => ({ id, role: 'all', rulebook: 'b', history }) });
  /** A replica on another host, announced once; it lives on if `beats`. */
  async function elsewhere(history: Replica['history'], { beats }: { beats: boolean }): Promise<void> {
    const replica: Replica = { id: 'far', role: 'worker', rulebook: 'b', history, host: 'far.example', process: { pid: 1 } };
    await inner.announce(replica, 5000);
    if (beats) clock.every(1000, () => void inner.announce(replica, 5000));
  }
  return { clock, store: inner, logged, member, elsewhere };
}

it('whoever wants to know is told of all that are live, this one included, at each look', async () => {
  const { clock, store, elsewhere } = rig();
  await elsewhere('none', { beats: true });
  const seen: string[] = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error() {} };
  const member = new Membership({
    store,
    clock,
    log,
    self: () => ({ id: 'near', role: 'all', rulebook: 'other', history: 'none' }),
    seen: (replicas) => void seen.push(replicas.map(({ id, rulebook }) => `${id} ${rulebook}`).join(', ')),
  });
  await member.join();
  await member.beat();
  expect(seen).toEqual(['far b, near other', 'far b, near other']);
});

describe('a process with history in SQLite', () => {
  it('is refused beside a live one, which it names, and leaves no trace', async () => {
    const { clock, store, member, elsewhere } = rig();
    await elsewhere('postgres', { beats: true });
    const joining = member('near', 'sqlite').join();
    const refused = expect(joining).rejects.toMatchObject({
      code: 'replica.conflict',
      message: expect.stringMatching(/far \(worker, pid 1 on far\.example, history: postgres\).*history\.postgres/) as string,
    });
    await clock.advance(2000);
    await refused;
    const left = await store.announce({ id: 'x', role: 'api', rulebook: 'b', history: 'none', host: 'h', process: { pid: 1 } }, 1);
    expect(left.map(({ id }) => id)).toEqual(['far', 'x']);
  });

  it('waits for one that was killed elsewhere to be gone, and then starts', async () => {
    const { clock, member, elsewhere } = rig();
    await elsewhere('sqlite', { beats: false });
    let isIn = false;
    const joining = member('near', 'sqlite')
      .join()
      .then(() => {
        isIn = true;
      });
    await clock.advance(4000);
    expect(isIn).toBe(false);
    await clock.advance(2000);
    await joining;
    expect(isIn).toBe(true);
  });

  it('waits for none that was killed on its own host', async () => {
    const { store, member } = rig();
    const dead: Replica = { id: 'dead', role: 'all', rulebook: 'b', history: 'sqlite', host: hostname(), process: { pid: 999_999_999 } };
    await store.announce(dead, 5000);
    await member('near', 'sqlite').join();
  });

  it('that could not ask at its start notices later, and says so once', async () => {
    let isUp = false;
    const { clock, logged, member, elsewhere } = rig(() => isUp);
    await elsewhere('sqlite', { beats: true });
    const late = member('near', 'sqlite');
    await late.join();
    isUp = true;
    await late.beat();
    await clock.advance(1000);
    await late.beat();
    expect(logged).toEqual(['Redis could not be asked which other processes use it', 'another process uses the same Redis']);
  });
});

describe('processes with history in PostgreSQL, or none', () => {
  it('go together', async () => {
    const { member, elsewhere, logged } = rig();
    await elsewhere('postgres', { beats: true });
    for (const history of ['postgres', 'none'] as const) await member(`near-${history}`, history).join();
    await member('near-none', 'none').beat();
    expect(logged).toEqual([]);
  });

  it('do not go together with one in SQLite', async () => {
    const { clock, member, elsewhere } = rig();
    await elsewhere('sqlite', { beats: true });
    const refused = expect(member('near', 'none').join()).rejects.toMatchObject({ code: 'replica.conflict' });
    await clock.advance(2000);
    await refused;
  });
});
