import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFrom } from './load-from.ts';

const day = 86_400_000;

describe('history', () => {
  it('is a file of the data folder for 90 days unless told', () => {
    const { config } = loadFrom({ flags: { data: 'd' } });
    expect(config?.history).toEqual({ kind: 'sqlite', file: resolve('d/history.db'), keep: 90 * day });
  });

  it('may be a file elsewhere, kept for another time, or off', () => {
    const { config, folder } = loadFrom({ yaml: 'history: { sqlite: { file: x/h.db }, keep: 7d }' });
    expect(config?.history).toEqual({ kind: 'sqlite', file: join(folder, 'x/h.db'), keep: 7 * day });
    expect(loadFrom({ yaml: 'history: { none: true }' }).config?.history).toMatchObject({ kind: 'none' });
    expect(loadFrom({ yaml: 'history: { keep: 1d }' }).config?.history).toMatchObject({ kind: 'sqlite', keep: day });
  });

  it('may be PostgreSQL, its password in a secret and nowhere else', () => {
    const plain = loadFrom({ yaml: "history: { postgres: { url: 'postgres://me@db/fix?sslmode=require' } }" }).config?.history;
    expect(plain).toMatchObject({ kind: 'postgres', describe: 'PostgreSQL postgres://me@db/fix' });
    const { config } = loadFrom({
      yaml: 'history: { postgres: { url: { env: DB_URL } } }',
      environment: { DB_URL: 'postgres://me:secretword@db/fix' },
    });
    if (config?.history.kind !== 'postgres') throw new Error('it is PostgreSQL');
    expect(config.history.url().reveal()).toBe('postgres://me:secretword@db/fix');
    expect(JSON.stringify(config.history)).not.toContain('secretword');
  });

  it.each([
    ["postgres: { url: 'postgres://me:secretword@db/fix' }", 'expected an address without password'],
    ["postgres: { url: 'postgres://db/fix?password=secretword' }", 'expected an address without password'],
    ["postgres: { url: 'mysql://db/fix' }", 'expected an address such as postgres://'],
    ['postgres: { url: { env: NOT_SET } }', 'the environment has no NOT_SET'],
    ["postgres: { url: 'postgres://db/fix' }, none: true", 'history: expected one of sqlite, postgres and none, found postgres and none'],
    ['keep: for ever', 'keep: expected a duration'],
    ['sqllite: {}', 'unknown key sqllite; did you mean sqlite?'],
  ])('{ %s } is refused', (text, message) => {
    const { problems } = loadFrom({ yaml: `history: { ${text} }` });
    expect(problems.join('\n')).toContain(message);
    expect(problems.join('\n')).not.toContain('secretword');
  });
});
