import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingPackages } from '../../../scripts/setup/dependencies.mjs';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

const locked = {
  '': { version: '0.1.0' },
  'node_modules/fastify': { version: '5.12.8' },
  'node_modules/vitest': { version: '5.1.1', dev: true },
  'node_modules/other-platform': { version: '1.0.0', optional: true },
};

describe('looking for missing packages', () => {
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = temporaryFolder();
    writeFileSync(join(folder.path, 'package-lock.json'), JSON.stringify({ packages: locked }));
  });

  afterEach(() => folder.remove());

  function install(packages: Record<string, { version: string }>): void {
    mkdirSync(join(folder.path, 'node_modules'), { recursive: true });
    writeFileSync(join(folder.path, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
  }

  it('misses all in a fresh clone, but nothing that is optional', () => {
    expect(missingPackages({ root: folder.path, dev: true })).toEqual(['node_modules/fastify', 'node_modules/vitest']);
  });

  it('misses no packages for tests where none are wanted', () => {
    install({ 'node_modules/fastify': { version: '5.12.8' } });

    expect(missingPackages({ root: folder.path, dev: false })).toEqual([]);
    expect(missingPackages({ root: folder.path, dev: true })).toEqual(['node_modules/vitest']);
  });

  it('misses a package that is there in another version', () => {
    install({ 'node_modules/fastify': { version: '5.12.7' }, 'node_modules/vitest': { version: '5.1.1' } });

    expect(missingPackages({ root: folder.path, dev: true })).toEqual(['node_modules/fastify']);
  });
});
