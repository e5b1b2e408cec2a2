import { expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { loopsOf } from '../../../src/app/loop.ts';
import { Teardown } from '../../../src/app/teardown.ts';
import type { Log } from '../../../src/ports/log.ts';

const none = (): void => {};
const log: Log = { debug: none, info: none, warn: none, error: none };

it('loops whose turns wait for what does not answer take no longer to stop than one of them', async () => {
  const clock = manualClock();
  const teardown = new Teardown({ clock, log });
  const loop = loopsOf({ clock, log, teardown }, 'loops');
  for (const name of ['a', 'b', 'c', 'd']) loop(name, 1000, () => clock.sleep(1500));
  await clock.advance(1000);
  const startedAt = clock.now();
  let endedAt: number | undefined;
  const ended = teardown.run().then(() => (endedAt = clock.now()));
  await clock.advance(10_000);
  await ended;
  expect((endedAt ?? 0) - startedAt).toBe(1500);
});

it('a loop that is stopped begins no further turn', async () => {
  const clock = manualClock();
  const teardown = new Teardown({ clock, log });
  let turns = 0;
  loopsOf({ clock, log, teardown }, 'loops')('one', 1000, async () => void (turns += 1));
  await clock.advance(2500);
  await teardown.run();
  await clock.advance(5000);
  expect(turns).toBe(2);
});
