import { beforeEach, describe, expect, it } from 'vitest';
import { manualClock, type ManualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { readiness } from '../../../src/app/readiness.ts';
import { lookAfterCalls } from '../../../src/pipeline/look-after-calls.ts';
import { SourceWatch } from '../../../src/pipeline/source-watch.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import type { Store } from '../../../src/ports/store.ts';
import { isTerminal, phases } from '../../../src/run/phase.ts';
import { runVersion } from '../../../src/run/run.ts';
import { mayGo } from '../../../src/run/transition.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { quietMetrics } from '../../support/pipeline-rig.ts';

const minute = 60_000;
const within = 15 * minute;

let clock: ManualClock;
let store: Store;
let told: string[];

beforeEach(() => {
  clock = manualClock();
  store = memoryStore({ clock, law: { version: runVersion, phases, isTerminal, mayGo } });
  told = [];
});

const watchOf = (...names: readonly string[]) =>
  new SourceWatch({ store, log: quietLog, watched: names.map((name) => ({ name, within })) });

/** A turn of the watch, and of those who make its calls. */
async function turn(watch: SourceWatch): Promise<void> {
  await watch.turn();
  const channel: Channel = {
    name: 'pager',
    isKept: false,
    send: ({ message }) => Promise.resolve(void told.push(`${message.kind}: ${message.title}`)),
  };
  await lookAfterCalls({ store, clock, metrics: quietMetrics, log: quietLog, channels: [channel] });
}

describe('a source with a heartbeat', () => {
  it('that stays away is told to a person once, and taken back when it is heard again', async () => {
    const watch = watchOf('main');
    await store.noteHeartbeat('main', clock.now());
    await turn(watch);
    await clock.advance(within);
    await turn(watch);
    expect(told).toEqual([]);
    await clock.advance(1);
    await turn(watch);
    await turn(watch);
    expect(told).toEqual(['call: Source main is silent']);
    await clock.advance(10 * minute);
    await turn(watch);
    expect(told).toHaveLength(1);

    await store.noteHeartbeat('main', clock.now());
    await turn(watch);
    expect(told.at(-1)).toBe('handled: Handled: Source main is silent');
    await clock.advance(within + 1);
    await turn(watch);
    expect(told.filter((text) => text.startsWith('call'))).toHaveLength(2);
  });

  it('is not silent because nobody has listened', async () => {
    await store.noteHeartbeat('main', clock.now());
    await clock.advance(60 * minute);
    const watch = watchOf('main', 'never');
    expect(await watch.look()).toMatchObject([
      { source: 'main', isSilent: false, isHeard: false, length: 0 },
      { source: 'never', isSilent: false, isHeard: false },
    ]);
    await clock.advance(within + 1);
    await turn(watch);
    expect(told.toSorted()).toEqual(['call: Source main is silent', 'call: Source never is silent']);
  });

  it('is told of by one process of several, and taken back by whichever hears of it', async () => {
    const [first, second] = [watchOf('main'), watchOf('main')];
    await first.look();
    await second.look();
    await clock.advance(within + 1);
    await Promise.all([first.turn(), second.turn()]);
    await turn(first);
    expect(told).toEqual(['call: Source main is silent']);
    const later = watchOf('main');
    await turn(later);
    await store.noteHeartbeat('main', clock.now());
    await turn(later);
    expect(told).toEqual(['call: Source main is silent', 'handled: Handled: Source main is silent']);
  });

  it('shows in what readiness says, and keeps nobody from being ready', async () => {
    const watch = watchOf('main');
    const redis = { unfit: () => undefined };
    await store.noteHeartbeat('main', clock.now());
    expect(await readiness(store, { redis, sources: watch, paused: () => undefined })).toEqual({ ready: true, reasons: [], warnings: [] });
    await clock.advance(20 * minute);
    expect(await readiness(store, { redis, sources: watch, paused: () => undefined })).toEqual({
      ready: true,
      reasons: [],
      warnings: ['the heartbeat of source main has not come for 20m'],
    });
  });
});

it('without a heartbeat no source is ever silent', async () => {
  const watch = watchOf();
  await clock.advance(10 * within);
  await turn(watch);
  expect([await watch.look(), told]).toEqual([[], []]);
});
