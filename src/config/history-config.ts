import { join, resolve } from 'node:path';
import { parseDuration } from '../value/duration.ts';
import { Secret } from '../value/secret.ts';
import type { HistoryConfig, SecretSource } from './config.ts';
import type { SecretRef } from './fields.ts';
import type { ConfigFile } from './schema.ts';

interface HistoryParts {
  readonly history: ConfigFile['history'];
  readonly data: string;
  readonly folder: string;
  readonly secret: (ref: SecretRef) => SecretSource;
  readonly messages: string[];
}

/** Where history is kept: as the file says, or in a file of the data folder. */
export function historyConfig({ history = { keep: '90d' }, data, folder, secret, messages }: HistoryParts): HistoryConfig {
  const { sqlite, postgres, none } = history;
  const keep = parseDuration(history.keep) ?? 0;
  const named = Object.entries({ sqlite, postgres, none }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (named.length > 1) messages.push(`history: expected one of sqlite, postgres and none, found ${named.join(' and ')}`);
  if (none) return { kind: 'none', keep };
  if (postgres === undefined) {
    return { kind: 'sqlite', file: sqlite?.file === undefined ? join(data, 'history.db') : resolve(folder, sqlite.file), keep };
  }
  const { url } = postgres;
  if (typeof url === 'string')
    return { kind: 'postgres', url: () => new Secret(url), describe: `PostgreSQL ${url.replace(/\?.*$/, '')}`, keep };
  return { kind: 'postgres', url: secret(url), describe: 'PostgreSQL, its address from a secret', keep };
}
