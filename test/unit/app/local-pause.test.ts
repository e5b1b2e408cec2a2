import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { localPause } from '../../../src/app/local-pause.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('the stop that needs neither Redis nor the API', () => {
  it('is there within half a second of its file, and gone within half a second of its end', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'PAUSED');
    const clock = manualClock();
    const paused = localPause({ clock, file, byEnvironment: undefined });
    expect(paused()).toBeUndefined();
    writeFileSync(file, '');
    await clock.advance(500);
    expect(paused()).toBe(`paused by the file ${file}`);
    rmSync(file);
    await clock.advance(500);
    expect(paused()).toBeUndefined();
  });

  it('is seen at once by a process that starts', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'PAUSED');
    writeFileSync(file, '');
    expect(localPause({ clock: manualClock(), file, byEnvironment: undefined })()).toBe(`paused by the file ${file}`);
  });

  it('is told by the environment without any file', () => {
    using folder = temporaryFolder();
    const paused = localPause({ clock: manualClock(), file: join(folder.path, 'PAUSED'), byEnvironment: '1' });
    expect(paused()).toContain('FIXPOINT_PAUSED');
  });
});
