import { Client } from 'pg';
import type { PostgresPlace } from '../patient-world.ts';

/** What a patient knows of its real database. */
export interface DatabaseState {
  readonly maxConnections: number;
  readonly connections: number;
  /** Sessions of ours that are idle in a transaction. */
  readonly held: number;
  /** Those of them that have been for long enough to be missed. */
  readonly missed: number;
}

/** A user without any privileges: sessions of superusers are nobody's to end. */
const user = 'llm_research_api';
const application = 'llm-research-api';

const mostWaitMs = 3000;
const sampledEveryMs = 250;

/** Real seconds, for the database has a clock of its own: when an alert fires by them, a rule that spares younger ones finds them. */
const missedAfterSeconds = 30;

const state = `
  SELECT current_setting('max_connections')::int AS "maxConnections",
         (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
         own.held, own.missed
  FROM (SELECT count(*)::int AS held, count(*) FILTER (WHERE now() - state_change > interval '${missedAfterSeconds} seconds')::int AS missed
        FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle in transaction') AS own`;

/**
 * Sessions on a real PostgreSQL that begin a transaction and do nothing more. How many are left is sampled in the background, so that
 * whoever ends them shows in what the patient knows a moment later.
 */
export class ResearchSessions {
  readonly #place: PostgresPlace;
  readonly #sessions = new Set<Client>();
  readonly #watcher: Client;
  readonly #timer: NodeJS.Timeout;
  #watching: Promise<unknown>;
  #state: DatabaseState | undefined;
  #hasOpened = false;
  #isClosed = false;
  #isSampling = false;

  constructor(place: PostgresPlace) {
    this.#place = place;
    this.#watcher = this.#client({ application_name: 'llm-research-exporter' });
    this.#watching = this.#watcher.connect().catch(() => {});
    this.#timer = setInterval(() => this.#sample(), sampledEveryMs);
    this.#timer.unref();
  }

  /** Undefined until the database has first answered. */
  get state(): DatabaseState | undefined {
    return this.#state;
  }

  /** Whether the sessions that were asked for have been seen. */
  get hasOpened(): boolean {
    return this.#hasOpened;
  }

  /** Opens so many sessions more, in the background. */
  open(count: number): void {
    this.#hasOpened = false;
    this.#watching = this.#watching.then(async () => {
      await this.#watcher.query(
        `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${user}') THEN CREATE ROLE ${user} LOGIN; END IF; END $$`,
      );
      await Promise.all(Array.from({ length: count }, () => this.#hold()));
    });
    this.#watching = this.#watching.catch(() => {});
    this.#sample();
  }

  /** Ends what is left of them. */
  async release(): Promise<void> {
    await this.#watching;
    const sessions = [...this.#sessions];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.end().catch(() => {})));
    this.#sample();
    await this.#watching;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.release();
    await this.#watcher.end().catch(() => {});
  }

  async #hold(): Promise<void> {
    if (this.#isClosed) return;
    const session = this.#client({ user, application_name: application });
    await session.connect();
    this.#sessions.add(session);
    session.on('end', () => this.#sessions.delete(session));
    await session.query('BEGIN');
    await session.query('SELECT 1');
  }

  /** One question at a time: a database that is slow is not asked more. */
  #sample(): void {
    if (this.#isSampling) return;
    this.#isSampling = true;
    const ask = async (): Promise<void> => {
      const { rows } = await this.#watcher.query<DatabaseState>(state, [application]);
      this.#state = rows[0];
      this.#hasOpened ||= (rows[0]?.held ?? 0) > 0;
    };
    // A database that does not answer leaves what was known.
    this.#watching = this.#watching
      .then(ask)
      .catch(() => {})
      .finally(() => {
        this.#isSampling = false;
      });
  }

  #client(given: { readonly user?: string; readonly application_name: string }): Client {
    const { host, port, database, user: admin } = this.#place;
    const client = new Client({
      host,
      port,
      database,
      user: admin,
      connectionTimeoutMillis: mostWaitMs,
      query_timeout: mostWaitMs,
      ...given,
    });
    // Somebody may end a session: that is what it is for.
    client.on('error', () => {});
    return client;
  }
}
