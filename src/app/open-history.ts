import { postgresHistory } from '../adapters/history/postgres-history.ts';
import { sqliteHistory } from '../adapters/history/sqlite-history.ts';
import type { HistoryConfig } from '../config/config.ts';
import type { History } from '../ports/history.ts';
import type { Log } from '../ports/log.ts';

/** History as configured; nothing is opened before it is first asked. */
export function openHistory(config: HistoryConfig, log: Log): History | undefined {
  switch (config.kind) {
    case 'sqlite':
      return sqliteHistory(config.file);
    case 'postgres':
      return postgresHistory({ url: config.url().reveal(), describe: config.describe, log });
    case 'none':
      return undefined;
  }
}
