import type { Secret } from '../../value/secret.ts';
import { answerInTime } from '../answer-in-time.ts';
import { postgresFailure } from './failure.ts';

const timeoutMs = 3000;

/**
 * The system identifier of the server that an address leads to. A server keeps it for life, so it is asked until it has been answered once; a
 * database that is away later keeps nobody from mending another.
 */
export function serverIdentity(url: () => Secret): (signal: AbortSignal) => Promise<string> {
  let known: string | undefined;
  return async (signal) => {
    if (known !== undefined) return known;
    const { Client } = await import('pg');
    const client = new Client({
      connectionString: url().reveal(),
      application_name: 'fixpoint',
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    });
    client.on('error', () => undefined);
    try {
      await answerInTime(client.connect(), signal);
      const asked = client.query<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()');
      const { rows } = await answerInTime(asked, signal);
      known = rows[0]?.id ?? '';
      return known;
    } catch (error) {
      signal.throwIfAborted();
      throw postgresFailure(error, 'our own history');
    } finally {
      void client.end().catch(() => undefined);
    }
  };
}
