import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNode, withoutPackageBins } from '../../../scripts/setup/node.mjs';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { fakeProgram } from './fake-program.ts';

describe('finding a Node that runs TypeScript', () => {
  let folder: TemporaryFolder;
  let old: { version: string; file: string };

  beforeEach(() => {
    folder = temporaryFolder();
    old = { version: 'v20.20.2', file: fakeProgram(folder.path, 'old/node', 'echo v20.20.2') };
  });

  afterEach(() => folder.remove());

  it('takes the one that runs when it is new enough', () => {
    const current = { version: 'v24.0.0', file: fakeProgram(folder.path, 'current/node', 'echo v24.0.0') };

    expect(findNode({ root: folder.path, path: '', current })).toBe(current.file);
  });

  it('takes a newer one on PATH before the package', () => {
    const newer = fakeProgram(folder.path, 'newer/node', 'echo v26.1.0');
    fakeProgram(folder.path, 'node_modules/node/bin/node', 'echo v24.21.0');
    const path = ['/nowhere', join(folder.path, 'old'), join(folder.path, 'newer')].join(delimiter);

    expect(findNode({ root: folder.path, path, current: old })).toBe(newer);
  });

  it('takes the package when PATH has only old and broken ones', () => {
    fakeProgram(folder.path, 'broken/node', 'exit 1');
    const ofPackage = fakeProgram(folder.path, 'node_modules/node/bin/node', 'echo v24.21.0');
    const path = [join(folder.path, 'old'), join(folder.path, 'broken')].join(delimiter);

    expect(findNode({ root: folder.path, path, current: old })).toBe(ofPackage);
  });

  it('finds nothing where there is nothing, or where the package brought no working binary', () => {
    expect(findNode({ root: folder.path, path: join(folder.path, 'old'), current: old })).toBeUndefined();

    fakeProgram(folder.path, 'node_modules/node/bin/node', 'echo cannot execute; exit 126');
    expect(findNode({ root: folder.path, path: '', current: old })).toBeUndefined();
  });

  it('leaves out of PATH what npm puts in front of it', () => {
    const path = ['/clone/node_modules/.bin', '/node_modules/.bin', '/usr/lib/node_modules/npm/node-gyp-bin', '/usr/bin'].join(delimiter);

    expect(withoutPackageBins(path)).toBe('/usr/bin');
  });
});
