import { sql, type Kysely, type Transaction } from 'kysely';
import type { HistoryTables } from './tables.ts';

export interface SqlFlavour {
  readonly kind: 'sqlite' | 'postgres';
  /** Type of a column that is compared byte by byte, as Redis compares: a database's own order may skip dashes. */
  readonly bytewise: string;
  /** Keeps other processes from migrating until the transaction ends. */
  lock(transaction: Transaction<HistoryTables>): Promise<void>;
}

/** Each brings the tables from one version to the next and only adds, so that an older process goes on beside a newer one. */
const migrations: readonly ((db: Transaction<HistoryTables>, flavour: SqlFlavour) => Promise<void>)[] = [firstTables];

/** Brings the tables to the version this code knows; safe to be run by several processes at once, and again. */
export async function migrate(db: Kysely<HistoryTables>, flavour: SqlFlavour): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await flavour.lock(transaction);
    await sql`create table if not exists fixpoint_schema (version integer not null)`.execute(transaction);
    const found = await transaction.selectFrom('fixpoint_schema').select('version').executeTakeFirst();
    if (found === undefined) await transaction.insertInto('fixpoint_schema').values({ version: 0 }).execute();
    const version = found?.version ?? 0;
    for (const migration of migrations.slice(version)) await migration(transaction, flavour);
    if (version < migrations.length) await transaction.updateTable('fixpoint_schema').set({ version: migrations.length }).execute();
  });
}

async function firstTables(db: Transaction<HistoryTables>, { bytewise }: SqlFlavour): Promise<void> {
  const statements = [
    `create table fixpoint_cursor (name text not null primary key, generation text not null, entry text not null, number bigint not null, at bigint not null)`,
    `insert into fixpoint_cursor (name, generation, entry, number, at) values ('journal', '', '0', 0, 0)`,
    `create table fixpoint_entries (id text not null primary key, number bigint not null, at bigint not null, type text not null, run ${bytewise}, incident text, rule text, data text not null)`,
    `create index fixpoint_entries_run on fixpoint_entries (run, at, number)`,
    `create index fixpoint_entries_at on fixpoint_entries (at)`,
    `create table fixpoint_runs (id ${bytewise} not null primary key, incident text not null, rule text not null, subject text not null, subject_key text not null, phase text not null, created_at bigint not null, finished_at bigint, touched_at bigint not null, doc text not null)`,
    `create index fixpoint_runs_created on fixpoint_runs (created_at, id)`,
    `create index fixpoint_runs_rule on fixpoint_runs (rule, created_at, id)`,
    `create index fixpoint_runs_subject on fixpoint_runs (subject_key, created_at, id)`,
    `create index fixpoint_runs_phase on fixpoint_runs (phase, created_at, id)`,
    `create index fixpoint_runs_touched on fixpoint_runs (touched_at)`,
    `create table fixpoint_gaps (cause text not null, from_at bigint not null, to_at bigint not null, missing bigint not null, noticed_at bigint not null)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
