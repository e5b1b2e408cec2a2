import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findServer, servers } from '../../../scripts/setup/servers.mjs';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { fakeProgram } from './fake-program.ts';

describe('finding a server', () => {
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = temporaryFolder();
  });

  afterEach(() => folder.remove());

  it('looks on PATH first, then in the usual folders', () => {
    const usual = fakeProgram(folder.path, 'usual/redis-server', '');
    const folders = [join(folder.path, 'usual')];
    expect(findServer(servers.redis, { path: '/nowhere', folders })).toBe(usual);

    const onPath = fakeProgram(folder.path, 'path/redis-server', '');
    expect(findServer(servers.redis, { path: ['', join(folder.path, 'path')].join(delimiter), folders })).toBe(onPath);
  });

  it('takes Valkey where there is no Redis', () => {
    const valkey = fakeProgram(folder.path, 'valkey-server', '');

    expect(findServer(servers.redis, { path: folder.path, folders: [] })).toBe(valkey);
  });

  it('finds nothing in a file that cannot be executed', () => {
    writeFileSync(join(folder.path, 'redis-server'), '', { mode: 0o644 });

    expect(findServer(servers.redis, { path: folder.path, folders: [] })).toBeUndefined();
  });
});
