import { serverIdentity } from '../adapters/postgres-target/server-identity.ts';
import type { Config } from '../config/config.ts';

/** Tells the server that keeps our history, where it is PostgreSQL, so that it is never remediated. */
export function ownPostgres({ history }: Pick<Config, 'history'>): (signal: AbortSignal) => Promise<string | undefined> {
  return history.kind === 'postgres' ? serverIdentity(history.url) : () => Promise.resolve(undefined);
}
