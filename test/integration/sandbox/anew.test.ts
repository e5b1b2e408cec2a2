import { expect, it } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { systemIds } from '../../../src/adapters/clock/system-ids.ts';
import { openPractice } from '../../../src/app/open-practice.ts';
import { startSandbox } from '../../../src/app/sandbox-alone.ts';
import { Teardown } from '../../../src/app/teardown.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Life = { readonly kubernetesUrl: string; close(): Promise<void> };

async function alone(): Promise<Life> {
  const { addresses, close } = await startSandbox(10);
  return { kubernetesUrl: addresses.kubernetesUrl, close };
}

async function ofService(): Promise<Life> {
  using folder = temporaryFolder();
  const clock = systemClock();
  const teardown = new Teardown({ clock, log: quietLog });
  const { place } = await openPractice(loadConfig({ data: folder.path }, {}), {
    wanted: { speed: 10, stores: { redis: new Map(), postgres: new Map() } },
    clock,
    ids: systemIds(clock),
    log: quietLog,
    deliver: () => Promise.resolve(),
    teardown,
  });
  return { kubernetesUrl: place.kubernetesUrl, close: () => teardown.run() };
}

async function uidsIn(life: Life): Promise<readonly string[]> {
  try {
    const response = await fetch(`${life.kubernetesUrl}/apis/apps/v1/deployments`);
    const { items } = (await response.json()) as { items: readonly { metadata: { uid: string } }[] };
    return items.map(({ metadata }) => metadata.uid);
  } finally {
    await life.close();
  }
}

it.each([
  ['alone', alone],
  ['of a service', ofService],
])('the world of a sandbox %s is made anew at each start: nothing in it is what was there before', async (_name, start) => {
  const before = await uidsIn(await start());
  const after = await uidsIn(await start());
  expect(before.length).toBeGreaterThan(5);
  expect(after).toHaveLength(before.length);
  expect(after.filter((uid) => before.includes(uid))).toEqual([]);
});
