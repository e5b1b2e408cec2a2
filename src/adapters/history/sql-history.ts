import type { Kysely, Transaction } from 'kysely';
import { FixpointError } from '../../errors.ts';
import type { History, HistoryCursor, HistoryGap, HistoryStep } from '../../ports/history.ts';
import type { RunFilter } from '../../ports/store.ts';
import type { JournalRecord } from '../../run/journal-entry.ts';
import type { Run } from '../../run/run.ts';
import { contentHash } from '../../value/json.ts';
import { readCursor, writeCursor } from '../../value/run-cursor.ts';
import { migrate, type SqlFlavour } from './migrate.ts';
import { columnText, entryRow, readEntry, runRow } from './rows.ts';
import { changedRun, runChanges } from './run-changes.ts';
import type { HistoryTables } from './tables.ts';

/** Rows one insert has: a statement takes a bounded number of parameters. */
const rowsAtOnce = 100;

/** History in a database that Kysely talks to; the tables are made when they are first needed. `describe` names it in errors. */
export function sqlHistory(db: Kysely<HistoryTables>, flavour: SqlFlavour, describe: string): History {
  let isMigrated = false;

  async function ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      if (!isMigrated) await migrate(db, flavour);
      isMigrated = true;
      return await question();
    } catch (error) {
      if (error instanceof FixpointError) throw error;
      throw new FixpointError('history.unavailable', `history (${describe}): ${reasonOf(error)}`, { cause: error });
    }
  }

  return {
    kind: flavour.kind,

    cursor: () =>
      ask(async () => {
        const { generation, entry, number, at } = await db.selectFrom('fixpoint_cursor').selectAll().executeTakeFirstOrThrow();
        return { generation, entry, number: number === -1 ? undefined : number, at };
      }),

    advance: (step) => ask(() => db.transaction().execute((transaction) => advance(transaction, step))),

    run: (id) =>
      ask(async () => {
        const row = await db.selectFrom('fixpoint_runs').select('doc').where('id', '=', columnText(id)).executeTakeFirst();
        return row === undefined ? undefined : (JSON.parse(row.doc) as Run);
      }),

    runs: (filter) => ask(() => listRuns(db, filter)),

    entriesOf: (run) =>
      ask(async () => {
        const query = db.selectFrom('fixpoint_entries').selectAll().where('run', '=', columnText(run));
        return (await query.orderBy('at').orderBy('number').execute()).map(readEntry);
      }),

    gaps: (from, to) =>
      ask(async () => {
        const query = db
          .selectFrom('fixpoint_gaps')
          .selectAll()
          .where('to_at', '>=', Math.floor(from))
          .where('from_at', '<=', Math.floor(to));
        return (await query.orderBy('from_at').orderBy('noticed_at').limit(100).execute()).map(
          ({ cause, from_at, to_at, missing, noticed_at }) => ({
            cause: cause as HistoryGap['cause'],
            from: from_at,
            to: to_at,
            missing: missing === -1 ? undefined : missing,
            noticedAt: noticed_at,
          }),
        );
      }),

    sweep: (before, limit) => ask(() => sweep(db, Math.floor(before), limit)),

    close: () => db.destroy(),
  };
}

/** The cursor first: whoever moves it holds its row until the end, and the next one finds it moved. */
async function advance(db: Transaction<HistoryTables>, { from, to, records, gap }: HistoryStep): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('fixpoint_cursor')
    .set(cursorColumns(to))
    .where('generation', '=', from.generation)
    .where('entry', '=', from.entry)
    .where('number', '=', from.number ?? -1)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return false;
  if (gap !== undefined) {
    const { cause, missing, noticedAt } = gap;
    const times = { from_at: Math.floor(gap.from), to_at: Math.floor(gap.to), noticed_at: Math.floor(noticedAt) };
    await db
      .insertInto('fixpoint_gaps')
      .values({ cause, missing: missing ?? -1, ...times })
      .execute();
  }
  for (let first = 0; first < records.length; first += rowsAtOnce) await addRecords(db, records.slice(first, first + rowsAtOnce));
  return true;
}

/** What is there already, from a journal that is read anew, has had its say. */
async function addRecords(db: Transaction<HistoryTables>, records: readonly JournalRecord[]): Promise<void> {
  const added = await db
    .insertInto('fixpoint_entries')
    .values(records.map(entryRow))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .execute();
  const fresh = new Set(added.map(({ id }) => id));
  const changes = runChanges(records.filter(({ id }) => fresh.has(id)));
  const known = new Map<string, Run>();
  const without = [...changes].filter(([, { record }]) => record === undefined).map(([id]) => columnText(id));
  if (without.length > 0) {
    const rows = await db.selectFrom('fixpoint_runs').select(['id', 'doc']).where('id', 'in', without).execute();
    for (const { id, doc } of rows) known.set(id, JSON.parse(doc) as Run);
  }
  const rows = [...changes].flatMap(([id, change]) => {
    const run = changedRun(known.get(columnText(id)), change);
    return run === undefined ? [] : [runRow(run, change.at)];
  });
  if (rows.length === 0) return;
  await db
    .insertInto('fixpoint_runs')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(({ ref }) => ({
        phase: ref('excluded.phase'),
        finished_at: ref('excluded.finished_at'),
        touched_at: ref('excluded.touched_at'),
        doc: ref('excluded.doc'),
      })),
    )
    .execute();
}

function cursorColumns({ generation, entry, number, at }: HistoryCursor) {
  return { generation, entry, number: number ?? -1, at: Math.floor(at) };
}

async function listRuns(
  db: Kysely<HistoryTables>,
  { phase, rule, subject, since, limit, cursor }: RunFilter,
): Promise<{ runs: readonly Run[]; next: string | null }> {
  const place = cursor === undefined ? undefined : readCursor(cursor);
  let query = db.selectFrom('fixpoint_runs').select('doc');
  if (phase !== undefined) query = query.where('phase', '=', phase);
  if (rule !== undefined) query = query.where('rule', '=', columnText(rule));
  if (subject !== undefined) query = query.where('subject_key', '=', contentHash(subject));
  if (since !== undefined) query = query.where('created_at', '>=', Math.ceil(since));
  if (place !== undefined) {
    const at = Math.floor(place.createdAt);
    query = query.where(({ or, and, eb }) =>
      or([eb('created_at', '<', at), and([eb('created_at', '=', at), eb('id', '<', columnText(place.id))])]),
    );
  }
  // One more than asked for, to know whether there are more.
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const runs = rows.slice(0, limit).map(({ doc }) => JSON.parse(doc) as Run);
  const last = runs.at(-1);
  return { runs, next: rows.length > limit && last !== undefined ? writeCursor(last) : null };
}

async function sweep(db: Kysely<HistoryTables>, before: number, limit: number): Promise<boolean> {
  const entries = await db
    .deleteFrom('fixpoint_entries')
    .where('id', 'in', (of) => of.selectFrom('fixpoint_entries').select('id').where('at', '<', before).orderBy('at').limit(limit))
    .executeTakeFirstOrThrow();
  const runs = await db
    .deleteFrom('fixpoint_runs')
    .where('id', 'in', (of) =>
      of.selectFrom('fixpoint_runs').select('id').where('touched_at', '<', before).orderBy('touched_at').limit(limit),
    )
    .executeTakeFirstOrThrow();
  await db.deleteFrom('fixpoint_gaps').where('to_at', '<', before).execute();
  return Number(entries.numDeletedRows) === limit || Number(runs.numDeletedRows) === limit;
}

/** A refused connection has a code and no message. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return [message, code].find((text) => text !== undefined && text !== '') ?? String(error);
}
