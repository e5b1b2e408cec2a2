import { chmodSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely';
import type { History } from '../../ports/history.ts';
import { makeFolder } from '../make-folder.ts';
import { sqlHistory } from './sql-history.ts';
import type { HistoryTables } from './tables.ts';

/** How long a write waits, and the whole process with it, for someone else who has the file open, ms. */
const busyMs = 200;

/** History in a SQLite file, which is made when it is first needed; for one process. */
export function sqliteHistory(file: string): History {
  const db = new Kysely<HistoryTables>({ dialect: new SqliteDialect({ database: () => Promise.resolve(open(file)) }) });
  return sqlHistory(db, { kind: 'sqlite', bytewise: 'text', lock: () => Promise.resolve() }, `SQLite ${file}`);
}

/** Write-ahead log without a sync at each commit: after a power cut the last commits may be missing, and the cursor with them. */
function open(file: string): SqliteDatabase {
  makeFolder({ path: dirname(resolve(file)), what: 'the folder of history', instead: 'history.sqlite.file', isWritten: false });
  const database = new DatabaseSync(file, { timeout: busyMs });
  try {
    chmodSync(file, 0o600);
    database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma journal_size_limit = 67108864');
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    close: () => database.close(),
    prepare(text) {
      const statement = database.prepare(text);
      const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
}
