import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sqliteHistory } from '../../../src/adapters/history/sqlite-history.ts';
import type { History } from '../../../src/ports/history.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { historyContract } from './history-contract.ts';

describe('history in SQLite', () => {
  const opened: History[] = [];
  const folders: TemporaryFolder[] = [];

  afterEach(async () => {
    for (const history of opened.splice(0)) await history.close();
    for (const folder of folders.splice(0)) folder.remove();
  });

  function fileName(): string {
    const folder = temporaryFolder();
    folders.push(folder);
    return join(folder.path, 'deep', 'history.db');
  }

  function openAt(file: string): History {
    const history = sqliteHistory(file);
    opened.push(history);
    return history;
  }

  historyContract({
    async open() {
      // It is for one process, and a process has one connection.
      const history = openAt(fileName());
      return { history, other: history };
    },
  });

  it('is a file of its owner alone, and is there again after a restart', async () => {
    const file = fileName();
    const to = { generation: 'g1', entry: '1-0', number: 1, at: 1 };
    const first = openAt(file);
    await first.advance({ from: await first.cursor(), to, records: [] });
    await first.close();
    expect(await openAt(file).cursor()).toEqual(to);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('that cannot be opened says so, and works once it can', async () => {
    const file = fileName();
    mkdirSync(file, { recursive: true });
    const history = openAt(file);
    await expect(history.cursor()).rejects.toMatchObject({ code: 'history.unavailable', message: expect.stringContaining(file) as string });
    rmdirSync(file);
    expect(await history.cursor()).toMatchObject({ entry: '0' });
  });
});
