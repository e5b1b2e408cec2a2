import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../../../src/adapters/make-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const about = { what: 'the data folder', instead: '--data', isWritten: true };

it('is made with those that it is in, and may be there already', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'a', 'b', 'c');
  makeFolder({ ...about, path });
  makeFolder({ ...about, path });
  expect(existsSync(path)).toBe(true);
});

it.each([
  ['a file', (at: string) => writeFileSync(at, ''), 'it is a file, not a folder'],
  ['a link to nothing', (at: string) => symlinkSync('nowhere', at), 'there is something that is no folder'],
])('is refused in one sentence where there is %s, or one is above', (_what, make, why) => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'data');
  make(path);
  const refused = (message: string) => expect.objectContaining({ code: 'config.invalid', message }) as Error;
  expect(() => makeFolder({ ...about, path })).toThrow(refused(`the data folder ${path} cannot be used: ${why}; name another with --data`));
  const below = join(path, 'sub');
  expect(() => makeFolder({ ...about, path: below })).toThrow(
    refused(`the data folder ${below} cannot be used: ${path}: ${why}; name another with --data`),
  );
});

it('is refused at once where a folder takes none', () => {
  expect(() => makeFolder({ ...about, path: '/proc/fixpoint' })).toThrow(
    'the data folder /proc/fixpoint cannot be used: no folder can be made there; name another with --data',
  );
});

it('is refused where this process may not write, unless it need not', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'data');
  mkdirSync(path);
  chmodSync(path, 0o500);
  // Who may do everything may write there all the same, but not to what the kernel shows.
  const isRefused = process.getuid?.() === 0 ? '/proc/self' : path;
  expect(() => makeFolder({ ...about, path: isRefused })).toThrow('this process may not write there; name another with --data');
  makeFolder({ ...about, path: isRefused, isWritten: false });
});
