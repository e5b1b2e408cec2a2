import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { localPause } from '../../../src/app/local-pause.ts';
import { readiness } from '../../../src/app/readiness.ts';
import type { Log } from '../../../src/ports/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function pausedIn(folder: { readonly path: string }, byEnvironment?: string) {
  const clock = manualClock();
  const file = join(folder.path, 'PAUSED');
  const logged: (readonly [object, string])[] = [];
  const note = (data: object, message: string) => void logged.push([data, message]);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  return { clock, file, logged, paused: localPause({ clock, log, process: 'host-1', file, byEnvironment }) };
}

describe('the stop that needs neither Redis nor the API', () => {
  it('is there with its file, and gone with it', async () => {
    using folder = temporaryFolder();
    const { clock, file, paused } = pausedIn(folder);
    expect(paused()).toBeUndefined();
    writeFileSync(file, '');
    const since = clock.now();
    expect(paused()).toEqual({
      how: 'file',
      name: file,
      process: 'host-1',
      reason: `paused by the file ${file}`,
      end: `remove the file ${file} where that process runs`,
      since,
    });
    await clock.advance(5000);
    expect(paused()?.since).toBe(since);
    rmSync(file);
    expect(paused()).toBeUndefined();
  });

  it('is seen at once by a process that starts', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'PAUSED');
    writeFileSync(file, '');
    expect(pausedIn(folder).paused()?.reason).toBe(`paused by the file ${file}`);
  });

  it('is told by the environment without any file', () => {
    using folder = temporaryFolder();
    expect(pausedIn(folder, '1').paused()).toMatchObject({ how: 'environment', name: 'FIXPOINT_PAUSED' });
  });

  it('is logged when it begins and when it ends, and not between', async () => {
    using folder = temporaryFolder();
    const { clock, file, logged, paused } = pausedIn(folder);
    const look = async () => {
      for (let turn = 0; turn < 3; turn++) {
        paused();
        await clock.advance(500);
      }
    };
    await look();
    expect(logged).toEqual([]);
    writeFileSync(file, '');
    await look();
    rmSync(file);
    await look();
    expect(logged).toEqual([
      [{ by: file }, 'this process is paused, no effect is begun'],
      [{ by: file }, 'this process is no longer paused'],
    ]);
  });

  it('is logged by a process that starts paused', () => {
    using folder = temporaryFolder();
    const { logged } = pausedIn(folder, 'yes');
    expect(logged).toEqual([[{ by: 'FIXPOINT_PAUSED' }, 'this process is paused, no effect is begun']]);
  });

  it('shows in what readiness warns of, also while Redis is away, without the name of a file', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'PAUSED'), '');
    const { paused } = pausedIn(folder);
    const given = { redis: { unfit: () => undefined }, sources: { look: async () => [] }, paused };
    const warnings = ['this process is paused by its file or FIXPOINT_PAUSED: no effect is begun'];
    expect(await readiness({ time: async () => 1 }, given)).toEqual({ ready: true, reasons: [], warnings });
    expect(await readiness({ time: () => Promise.reject(new Error('down')) }, given)).toMatchObject({ ready: false, warnings });
  });
});
