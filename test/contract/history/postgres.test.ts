import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { postgresHistory } from '../../../src/adapters/history/postgres-history.ts';
import type { History } from '../../../src/ports/history.ts';
import { startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { quietLog } from '../quiet-log.ts';
import { historyContract } from './history-contract.ts';

describe('history in PostgreSQL', () => {
  let server: PostgresServer;
  const opened: History[] = [];
  let made = 0;

  beforeAll(async () => {
    server = await startPostgres();
  });

  afterEach(async () => {
    for (const history of opened.splice(0)) await history.close();
  });

  afterAll(async () => {
    await server.stop();
  });

  /** A database whose own order skips dashes and mixes upper and lower case. */
  async function newDatabase(): Promise<string> {
    made += 1;
    const statement = `create database history${made} template template0 locale_provider icu icu_locale 'en-US'`;
    await promisify(execFile)(join(server.binFolder, 'psql'), ['-q', '-c', statement, server.url]);
    return server.url.replace(/\/postgres$/, `/history${made}`);
  }

  function openAt(url: string): History {
    const history = postgresHistory({ url, describe: 'PostgreSQL under test', log: quietLog });
    opened.push(history);
    return history;
  }

  historyContract({
    async open() {
      const url = await newDatabase();
      return { history: openAt(url), other: openAt(url) };
    },
  });

  it('makes its tables once, however many processes start at the same time', async () => {
    const url = await newDatabase();
    const cursors = await Promise.all(Array.from({ length: 8 }, () => openAt(url).cursor()));
    expect(new Set(cursors.map((cursor) => JSON.stringify(cursor))).size).toBe(1);
    expect(await openAt(url).cursor()).toMatchObject({ entry: '0', number: 0 });
  });

  it('works beside a newer version that has added to the tables', async () => {
    const url = await newDatabase();
    await openAt(url).cursor();
    const psql = ['-q', '-c', 'update fixpoint_schema set version = 99; alter table fixpoint_runs add column more text', url];
    await promisify(execFile)(join(server.binFolder, 'psql'), psql);
    const older = openAt(url);
    const to = { generation: 'g1', entry: '1-0', number: 1, at: 1 };
    expect(await older.advance({ from: await older.cursor(), to, records: [] })).toBe(true);
  });

  it('fails within a bounded time when nobody answers, names the database without its password, and works again', async () => {
    const url = await newDatabase();
    const history = openAt(url.replace('postgres@', 'postgres:secretword@'));
    await history.cursor();
    await server.kill9();
    const error = await history.cursor().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'history.unavailable', message: expect.stringContaining('PostgreSQL under test') as string });
    expect(String(error)).not.toContain('secretword');
    await server.restart();
    expect(await history.cursor()).toMatchObject({ entry: '0' });
  });
});
