import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { secretSource } from '../../../src/config/secret-source.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { loadFrom } from './load-from.ts';

describe('a secret in a file', () => {
  it('is its text without the last line break', () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'token'), ' a b \r\n');
    expect(secretSource({ file: 'token' }, { environment: {}, folder: folder.path })().reveal()).toBe(' a b ');
  });

  it('is the same object until it changes, so that what was derived from it can be kept', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'token');
    writeFileSync(file, 'one');
    const source = secretSource({ file }, { environment: {}, folder: '/' });
    const first = source();
    expect(source()).toBe(first);
    writeFileSync(file, 'one');
    expect(source()).toBe(first);
  });

  it('rotates when it is written, and when another file is moved over it', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'token');
    writeFileSync(file, 'one');
    const source = secretSource({ file }, { environment: {}, folder: '/' });
    expect(source().reveal()).toBe('one');
    writeFileSync(file, 'three');
    expect(source().reveal()).toBe('three');
    writeFileSync(join(folder.path, 'next'), 'seven');
    renameSync(join(folder.path, 'next'), file);
    expect(source().reveal()).toBe('seven');
  });

  it('that is gone or empty is unavailable, and available again when it is back', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'token');
    writeFileSync(file, 'one');
    const source = secretSource({ file }, { environment: {}, folder: '/' });
    source();
    rmSync(file);
    expect(source).toThrow(expect.objectContaining({ code: 'secret.unavailable' }));
    writeFileSync(file, '\n');
    expect(source).toThrow(/token: it is empty/);
    writeFileSync(file, 'two');
    expect(source().reveal()).toBe('two');
  });
});

describe('a secret in the environment', () => {
  it('is the variable', () => expect(secretSource({ env: 'X' }, { environment: { X: 'one' }, folder: '/' })().reveal()).toBe('one'));
  it('is unavailable when the variable is not set or empty', () =>
    expect(secretSource({ env: 'X' }, { environment: { X: '' }, folder: '/' })).toThrow('the environment has no X'));
});

describe('secrets of fixpoint.yaml', () => {
  const yaml = `
auth: { tokens: [{ name: ci, role: operator, token: { file: token } }] }
sources: { main: { credentials: [{ bearer: { env: ONE } }, { basic: { username: am, password: { env: TWO } } }] } }
secrets: { key: { file: key } }
store: { redis: { env: OUR_REDIS } }
`;
  const files = { token: 'hush-token\n', key: 'hush-key' };
  const environment = { ONE: 'hush-one', TWO: 'hush-two', OUR_REDIS: 'redis://:hush-redis@redis:6379' };

  it('never show themselves', () => {
    const { config } = loadFrom({ yaml: yaml.replaceAll(/file: (\w+)/g, 'env: $1'), environment: { ...environment, ...files } });
    expect(config?.sources[0]?.credentials).toHaveLength(2);
    const shown = [config?.auth.tokens[0]?.token?.(), config?.redis?.(), config?.secrets.get('key')?.()];
    expect(config?.secrets.get('key')?.().reveal()).toBe('hush-key');
    expect(`${inspect(shown, { depth: 9, showHidden: true })}${JSON.stringify(shown)}${String(shown)}`).not.toContain('hush');
    expect(`${inspect(config, { depth: 9 })}${JSON.stringify(config)}`).not.toContain('hush');
  });

  it('that are missing are all told at the start, by place', () => {
    const { problems, folder } = loadFrom({ yaml, files: { key: '' }, environment: { ONE: 'x' } });
    expect(problems.map((problem) => problem.replaceAll(`${folder}/`, ''))).toEqual([
      'the environment has no OUR_REDIS',
      'secret file token: there is no such file',
      'the environment has no TWO',
      'secret file key: it is empty',
    ]);
  });

  it.each(['redis://me:hu@sh@host:1', 'redis://:hu/sh@host', 'redis://host?password=hush'])('hides the password of %s', (redis) => {
    const shown = loadFrom({ flags: { redis } }).config?.origins['redis']?.value;
    expect(shown).toContain('host');
    expect(shown).not.toMatch(/hu|sh/);
  });
});

describe('the token of a Prometheus', () => {
  it('goes with the name by which a source refers to it', () => {
    const yaml = `
sources: { main: { prometheus: central } }
prometheus: { central: { url: 'http://prometheus:9090', token: { env: PROM_TOKEN } } }
`;
    const { config, problems } = loadFrom({ yaml, environment: { PROM_TOKEN: 'let me in' } });
    expect(problems).toEqual([]);
    expect(config?.sources[0]?.prometheus?.url).toBe('http://prometheus:9090');
    expect(config?.sources[0]?.prometheus?.token?.().reveal()).toBe('let me in');
  });
});
