import type { Socket } from 'node:net';
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import type { PostgresTargetConfig } from '../../config/config.ts';
import { FixpointError } from '../../errors.ts';
import type { PostgresReader, PostgresRows, PostgresStatement, PostgresWriter } from '../../ports/postgres-target.ts';
import type { JsonObject } from '../../value/json.ts';
import { printable } from '../../value/printable.ts';
import { answerInBounds } from '../answer-in-bounds.ts';
import { answerInTime } from '../answer-in-time.ts';
import { postgresFailure } from './failure.ts';

export interface PostgresTargetsOptions {
  readonly targets: ReadonlyMap<string, PostgresTargetConfig>;
  /** The system identifier of the server of our own history, where that is PostgreSQL. Rejects when that cannot be told. */
  readonly ownServer: (signal: AbortSignal) => Promise<string | undefined>;
  /** The text of a file with authorities. */
  readonly readFile: (path: string) => string;
}

/** To each database. */
export const mostConnections = 3;

/** What a query may take to come back beyond the time the server is given for it, ms. */
const wayBack = 500;

/** How texts are written is fixed too, so that a statement means what whoever looked at it took it for. */
const settingsOfRead =
  "SELECT set_config('statement_timeout', $1, true), set_config('TimeZone', 'UTC', true), set_config('standard_conforming_strings', 'on', true)";

/** The declared databases, each over a few connections that are used again. */
export class PostgresTargets implements PostgresReader {
  readonly #options: PostgresTargetsOptions;
  readonly #pools = new Map<string, Promise<Pool>>();
  /** Connections that are known to lead to another server than our own. */
  readonly #foreign = new WeakSet<PoolClient>();

  constructor(options: PostgresTargetsOptions) {
    this.#options = options;
  }

  async read({ most, ...statement }: PostgresStatement & { readonly most: number }, signal: AbortSignal): Promise<PostgresRows> {
    return await this.#with(statement, signal, async (client, limit) => {
      await client.query('BEGIN TRANSACTION READ ONLY');
      await client.query(settingsOfRead, [String(limit)]);
      // A statement inside another cannot be anything but a query.
      const wrapped = `SELECT to_jsonb(answer) AS row FROM (${statement.sql}\n) AS answer LIMIT ${Math.floor(most) + 1}`;
      const rows = await sendOne<{ row: JsonObject }>(client, wrapped, statement.values);
      await client.query('ROLLBACK');
      return { rows: rows.slice(0, most).map(({ row }) => row), truncated: rows.length > most };
    });
  }

  /** A writer that asks `permit`, naming how long the statement may take, right before it sends. */
  writer(permit: (neededMs: number) => Promise<void>): PostgresWriter {
    return {
      execute: async (statement, signal) =>
        await this.#with(statement, signal, async (client, limit) => {
          const settings =
            "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false), set_config('TimeZone', 'UTC', false)";
          await client.query(settings, [String(limit), String(Math.min(limit, this.#target(statement.connection).timeout))]);
          await permit(limit);
          return await sendOne<JsonObject>(client, statement.sql, statement.values);
        }),
    };
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(async (pool) => await (await pool).end()));
  }

  #target(connection: string): PostgresTargetConfig {
    const target = this.#options.targets.get(connection);
    if (target !== undefined) return target;
    throw new FixpointError('target.missing', `no PostgreSQL is named ${printable(connection)} (postgres: in fixpoint.yaml)`);
  }

  /** Lends a connection for some work, which gets the time the server has for a statement; one that failed is not used again. */
  async #with<T>(
    { connection, timeoutMs }: PostgresStatement,
    signal: AbortSignal,
    work: (client: PoolClient, limit: number) => Promise<T>,
  ): Promise<T> {
    const target = this.#target(connection);
    const limit = Math.round(timeoutMs ?? target.timeout);
    signal.throwIfAborted();
    let client: PoolClient | undefined;
    let failed = true;
    try {
      client = await this.#client(connection, target, signal);
      await this.#requireForeign(client, connection, signal);
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(limit + target.timeout + wayBack)]);
      const bounds = {
        connection: client.connection.stream as Socket,
        signal: inTime,
        code: 'postgres.unavailable',
        doing: connection,
      } as const;
      const answer = await answerInBounds(work(client, limit), bounds);
      failed = false;
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DOMException) throw new FixpointError('postgres.unavailable', `${connection}: no answer within ${limit} ms`);
      throw postgresFailure(error, connection);
    } finally {
      client?.release(failed);
    }
  }

  async #client(connection: string, target: PostgresTargetConfig, signal: AbortSignal): Promise<PoolClient> {
    const pool = await (this.#pools.get(connection) ?? this.#openPool(connection, target));
    const connecting = pool.connect();
    try {
      return await answerInTime(connecting, signal);
    } catch (error) {
      // It may come when nobody waits any more.
      connecting.then((client) => client.release(true)).catch(() => undefined);
      throw error;
    }
  }

  #openPool(connection: string, target: PostgresTargetConfig): Promise<Pool> {
    const { address, database, username, password, tls, timeout } = target;
    const at = address.lastIndexOf(':');
    const host = address.slice(0, at).replace(/^\[|\]$/g, '');
    const pool = import('pg').then(({ Pool: Made }) => {
      const made = new Made({
        host,
        port: Number(address.slice(at + 1)),
        database,
        user: username,
        application_name: 'fixpoint',
        max: mostConnections,
        idleTimeoutMillis: 30_000,
        connectionTimeoutMillis: timeout,
        keepAlive: true,
        // What is left out the driver would take from its own variables (PGPASSWORD, PGSSLMODE), which may be meant for another database.
        password: () => password?.().reveal() ?? '',
        ssl: tls !== false && { servername: host, ...(tls === true ? {} : { ca: this.#options.readFile(tls.ca) }) },
      });
      // Of idle connections; those in use tell whoever uses them.
      made.on('error', () => undefined);
      return made;
    });
    this.#pools.set(connection, pool);
    // A file of authorities that cannot be read may be there the next time.
    pool.catch(() => this.#pools.delete(connection));
    return pool;
  }

  async #requireForeign(client: PoolClient, connection: string, signal: AbortSignal): Promise<void> {
    if (this.#foreign.has(client)) return;
    const own = await this.#options.ownServer(signal);
    if (own !== undefined) {
      const asked = client.query<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()');
      const { rows } = await answerInTime(asked, AbortSignal.any([signal, AbortSignal.timeout(this.#target(connection).timeout)]));
      if (rows[0]?.id === own)
        throw new FixpointError(
          'postgres.refused',
          `${connection} is the PostgreSQL that Fixpoint itself keeps its history in, or a copy of it`,
        );
    }
    this.#foreign.add(client);
  }
}

/** By the extended protocol, in which the server takes one statement and no more; the simple one, usual where there are no values, takes several. */
async function sendOne<T extends QueryResultRow>(
  client: PoolClient,
  text: string,
  values: PostgresStatement['values'] = [],
): Promise<readonly T[]> {
  const statement: QueryConfig & { readonly queryMode: 'extended' } = { text, values: [...values], queryMode: 'extended' };
  const result = await client.query<T>(statement);
  if (Array.isArray(result)) throw new FixpointError('postgres.refused', 'the server took it for several statements');
  return result.rows;
}
