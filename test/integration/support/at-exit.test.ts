import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startChild } from '../../support/child-process.ts';
import { isAlive } from '../../support/is-alive.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const support = fileURLToPath(new URL('../../support/', import.meta.url));

/** Many children that nothing but their parent's hand ends, and a folder; then the parent leaves. */
const owner = `
import { startChild } from ${JSON.stringify(`${support}child-process.ts`)};
import { temporaryFolder } from ${JSON.stringify(`${support}temporary-folder.ts`)};
const folder = temporaryFolder();
const children = Array.from({ length: 15 }, () => startChild({ command: 'sleep', args: ['600'], hasChannel: true }));
console.log(JSON.stringify({ folder: folder.path, pids: children.map(({ pid }) => pid), listeners: process.listenerCount('exit') }));
process.exit(0);
`;

describe('a test process that leaves', () => {
  it('takes all its children and folders along, with one listener', async () => {
    const leaving = startChild({ command: process.execPath, args: ['--input-type=module', '-e', owner] });
    expect(await leaving.ended, leaving.output()).toBe(0);
    const told = await waitUntil(() => /^\{.*\}$/m.exec(leaving.output())?.[0] ?? '', {
      describe: () => `what it says: ${leaving.output()}`,
    });
    const { folder, pids, listeners } = JSON.parse(told) as { folder: string; pids: readonly number[]; listeners: number };
    expect([pids.length, listeners]).toEqual([15, 1]);
    expect(leaving.output()).not.toContain('MaxListenersExceededWarning');
    await waitUntil(() => !pids.some(isAlive), { describe: 'its children end' });
    expect(existsSync(folder)).toBe(false);
  });

  it('listens no more once nothing is left', async () => {
    const before = process.listenerCount('exit');
    const missing = startChild({ command: '/no/such/program', args: [], hasChannel: true });
    const folders = [temporaryFolder(), temporaryFolder()];
    expect(process.listenerCount('exit')).toBe(before + 1);
    expect(await missing.ended).toBe(127);
    for (const { remove } of folders) remove();
    expect(process.listenerCount('exit')).toBe(before);
  });
});
