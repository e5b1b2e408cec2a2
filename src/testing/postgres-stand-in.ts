import { FixpointError } from '../errors.ts';
import type { PostgresReader, PostgresRows, PostgresStatement, PostgresWriter } from '../ports/postgres-target.ts';
import { parseDuration } from '../value/duration.ts';
import type { JsonObject } from '../value/json.ts';
import { printable } from '../value/printable.ts';
import type { PostgresText } from './world-schema.ts';

interface Session {
  readonly pid: number;
  readonly state: string;
  readonly application: string;
  readonly user: string;
  readonly query: string;
  /** Ms since the epoch. */
  readonly since: number;
  readonly isSuperuser: boolean;
}

interface Table {
  readonly name: string;
  dead: number;
  vacuumedAt: number | undefined;
}

interface Database {
  readonly text: PostgresText;
  sessions: readonly Session[];
  readonly tables: readonly Table[];
}

const usualSettings: NonNullable<PostgresText['settings']> = { max_connections: 100, superuser_reserved_connections: 3 };

/** The statements of the actions, each by a part of its text that no other has. */
const statements: readonly (readonly [part: string, answer: (database: Database, values: Values, now: number) => readonly JsonObject[]])[] =
  [
    ['count(*)::int AS hidden', () => [{ hidden: 0 }]],
    ['superuser_reserved_connections', ({ text, sessions }) => [boundsOf(text, sessions)]],
    ["coalesce(state, 'unknown') AS state, count(*)::int AS sessions", ({ sessions }) => countsOf(sessions)],
    ['wait_event_type AS "waitsFor"', ({ sessions }, values, now) => longestOf(sessions, Number(values[0] ?? 0), now)],
    ['state_change::text AS since, application_name AS application', ({ sessions }, values, now) => candidatesOf(sessions, values, now)],
    [
      'pid = ANY($1::int[])',
      ({ sessions }, values) => sessions.filter(({ pid }) => (values[0] as readonly number[]).includes(pid)).map(rowOf),
    ],
    [
      'pg_is_in_recovery() AS standby',
      ({ text }) => [{ standby: text.standby !== undefined, behindSeconds: text.standby?.lagSeconds ?? null }],
    ],
    ['FROM pg_stat_replication ORDER BY', ({ text }) => (text.standbys ?? []).map(standbyOf)],
    ['n_dead_tup::float8 AS dead', ({ tables }, values, now) => tablesOf(tables, values, now)],
    ['pg_partition_tree', ({ tables }, values) => vacuumedSince(tables, values)],
  ];

type Values = NonNullable<PostgresStatement['values']>;

export interface PostgresStandInParts {
  readonly now: () => number;
  readonly sent: (line: string) => void;
  /** Called with a query to which the test says nothing. */
  readonly unanswered: (connection: string, sql: string) => void;
}

/** PostgreSQL databases in memory that answer what the actions ask, and do what they order. */
export class PostgresStandIn implements PostgresReader {
  readonly #parts: PostgresStandInParts;
  readonly #databases = new Map<string, Database>();
  #pids = 1000;

  constructor(parts: PostgresStandInParts) {
    this.#parts = parts;
  }

  /** Makes a database, or changes what is told of one that is there. */
  set(connection: string, text: PostgresText): void {
    const known = this.#databases.get(connection);
    const sessions = text.sessions === undefined ? (known?.sessions ?? []) : this.#sessionsOf(text.sessions);
    const tables = text.tables?.map(({ name, dead }): Table => ({ name, dead, vacuumedAt: undefined })) ?? known?.tables ?? [];
    this.#databases.set(connection, { text: { ...known?.text, ...text }, sessions, tables });
  }

  sessions(connection: string): number {
    return this.#databases.get(connection)?.sessions.length ?? 0;
  }

  async read({ connection, sql, values = [], most }: PostgresStatement & { readonly most: number }): Promise<PostgresRows> {
    const database = this.#reached(connection);
    const own = Object.entries(database.text.queries ?? {}).find(([text]) => oneSpace(text) === oneSpace(sql))?.[1] as
      | readonly JsonObject[]
      | undefined;
    const known = statements.find(([part]) => sql.includes(part))?.[1];
    const rows = own ?? known?.(database, values, this.#parts.now());
    if (rows === undefined) {
      this.#parts.unanswered(connection, oneSpace(sql));
      throw new FixpointError('postgres.failed', `${connection}: the test gives no rows for this query (postgres.${connection}.queries)`);
    }
    return { rows: rows.slice(0, most), truncated: rows.length > most };
  }

  writer(permit: (neededMs: number) => Promise<void>): PostgresWriter {
    return {
      execute: async (statement) => {
        const database = this.#reached(statement.connection);
        await permit(statement.timeoutMs ?? 5000);
        return this.#order(database, statement);
      },
    };
  }

  async close(): Promise<void> {}

  #sessionsOf(texts: NonNullable<PostgresText['sessions']>): readonly Session[] {
    return texts.flatMap(({ state, application = '', user = 'app', for: length, query = '', count = 1, superuser = false }) =>
      Array.from({ length: count }, (): Session => {
        this.#pids += 1;
        const since = this.#parts.now() - (parseDuration(length) ?? 0);
        return { pid: this.#pids, state, application, user, query, since, isSuperuser: superuser };
      }),
    );
  }

  #reached(connection: string): Database {
    const database = this.#databases.get(connection);
    if (database === undefined)
      throw new FixpointError('target.missing', `no PostgreSQL is named ${printable(connection)} (postgres: in the test)`);
    if (database.text.down === true) throw new FixpointError('postgres.unavailable', `${connection} does not answer`);
    return database;
  }

  #order(database: Database, { connection, sql, values = [] }: PostgresStatement): readonly JsonObject[] {
    const [pid, startedAt] = values;
    if (sql.includes('pg_terminate_backend')) {
      const ended = database.sessions.find((session) => session.pid === pid && startedText(session) === startedAt);
      this.#parts.sent(`SEND postgres/${connection} pg_terminate_backend(${String(pid)})`);
      database.sessions = database.sessions.filter((session) => session !== ended);
      return ended === undefined ? [] : [{ ended: true }];
    }
    const table = /^VACUUM (?:\(ANALYZE\) )?(\S+)$/.exec(sql)?.[1];
    const found = database.tables.find(({ name }) => name === table);
    if (found === undefined)
      throw new FixpointError('postgres.failed', `${connection}: a test does not know the statement ${printable(sql)}`);
    this.#parts.sent(`SEND postgres/${connection} ${sql}`);
    Object.assign(found, { dead: 0, vacuumedAt: this.#parts.now() + 1 });
    return [];
  }
}

function boundsOf({ settings = {} }: PostgresText, sessions: readonly Session[]): JsonObject {
  const all = { ...usualSettings, ...settings };
  return { max: Number(all['max_connections']), reserved: Number(all['superuser_reserved_connections']), used: sessions.length };
}

function countsOf(sessions: readonly Session[]): readonly JsonObject[] {
  const states = [...new Set(sessions.map(({ state }) => state))].toSorted();
  return states.map((state) => ({ state, sessions: sessions.filter((session) => session.state === state).length }));
}

function longestOf(sessions: readonly Session[], seconds: number, now: number): readonly JsonObject[] {
  return sessions
    .filter(({ state, since }) => state !== 'idle' && now - since > seconds * 1000)
    .toSorted(bySince)
    .map(({ pid, state, user, application, since, query }) => ({
      pid,
      state,
      user,
      database: 'app',
      application,
      waitsFor: null,
      seconds: Math.round((now - since) / 1e3),
      query,
    }));
}

function candidatesOf(sessions: readonly Session[], values: Values, now: number): readonly JsonObject[] {
  const [states, seconds, applications, users] = values as [readonly string[], number, readonly string[] | null, readonly string[] | null];
  return sessions
    .filter(({ isSuperuser, application }) => !isSuperuser && application !== 'fixpoint')
    .filter(({ state, since }) => states.includes(state) && now - since > seconds * 1000)
    .filter(({ application, user }) => applications?.includes(application) !== false && users?.includes(user) !== false)
    .toSorted(bySince)
    .map(rowOf);
}

function rowOf(session: Session): JsonObject {
  const { pid, state, application, user, since } = session;
  return { pid, startedAt: startedText(session), state, since: timeText(since), application, user };
}

function standbyOf({
  name,
  address = '10.0.0.1',
  state = 'streaming',
  lagSeconds = 0,
  lagBytes = 0,
}: NonNullable<PostgresText['standbys']>[number]): JsonObject {
  return { name, address, state, syncState: 'async', lagSeconds, lagBytes };
}

function tablesOf(tables: readonly Table[], values: Values, now: number): readonly JsonObject[] {
  const wanted = values[0] as readonly string[] | null;
  return tables
    .filter(({ name, dead }) => (wanted === null ? dead > 0 : wanted.includes(name)))
    .toSorted((a, b) => b.dead - a.dead)
    .map(({ name, dead, vacuumedAt }) => ({
      name,
      quoted: name,
      dead,
      now: timeText(now),
      vacuumedAt: vacuumedAt === undefined ? null : timeText(vacuumedAt),
    }));
}

function vacuumedSince(tables: readonly Table[], values: Values): readonly JsonObject[] {
  const [names, since] = values as unknown as [readonly string[], string];
  const isDone = ({ name, vacuumedAt = -1 }: Table) => names.includes(name) && vacuumedAt > Date.parse(since);
  return tables.filter(isDone).map(({ name }) => ({ name }));
}

/** A session of ours began a minute before it came into its state. */
function startedText({ since }: Session): string {
  return timeText(since - 60_000);
}

function bySince(a: Session, b: Session): number {
  return a.since - b.since || a.pid - b.pid;
}

function timeText(at: number): string {
  return new Date(at).toISOString();
}

function oneSpace(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
