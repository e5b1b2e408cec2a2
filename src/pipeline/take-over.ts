import type { Clock } from '../ports/clock.ts';
import type { History, HistoryCursor, HistoryGap } from '../ports/history.ts';
import type { Ids } from '../ports/ids.ts';
import type { LineageMark } from '../ports/lineage.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { JournalRecord } from '../run/journal-entry.ts';
import type { Duration } from '../value/duration.ts';

/** What takes the journal over into history works with. */
export interface Projection {
  readonly store: Store;
  readonly history: History;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** How long nothing may be done after Redis has lost writes: until every lease from before is over. */
  freezeLength(): Duration;
}

/**
 * Takes over what the journal has after `cursor`, in one transaction, and answers where history is then. Another process may
 * have been faster: then it answers where that one has come to. `records` empty only looks whether Redis still has everything.
 */
export async function takeOver(projection: Projection, cursor: HistoryCursor, records: readonly JournalRecord[]): Promise<HistoryCursor> {
  const { store, history, ids } = projection;
  const [first] = records;
  const last = records.at(-1);
  // Asked after the entries were read, so that these are of this generation or an older one.
  const mark = await store.lineage(ids.next());
  if (hasLostWrites(cursor, mark, first)) return await startAnew(projection, cursor, mark);
  if (first === undefined || last === undefined) return cursor;
  const to: HistoryCursor = { generation: mark.generation, entry: last.id, number: last.number, at: last.at };
  const gap = gapBefore(cursor, first, mark);
  if (gap !== undefined)
    projection.log.error({ from: gap.from, to: gap.to, missing: gap.missing }, 'the journal let go of entries that history has not seen');
  const isMoved = await history.advance({ from: cursor, to, records, ...(gap === undefined ? {} : { gap }) });
  return isMoved ? to : await history.cursor();
}

function hasLostWrites(cursor: HistoryCursor, mark: LineageMark, first: JournalRecord | undefined): boolean {
  if (cursor.generation === '') return false;
  if (cursor.generation !== mark.generation) return true;
  if (cursor.number === undefined) return false;
  return mark.count < cursor.number || (first !== undefined && first.number <= cursor.number);
}

function gapBefore(cursor: HistoryCursor, first: JournalRecord, mark: LineageMark): HistoryGap | undefined {
  if (cursor.number === undefined || first.number <= cursor.number + 1) return undefined;
  const missing = first.number - cursor.number - 1;
  return { cause: 'trimmed', from: cursor.at, to: first.at, missing, noticedAt: mark.time };
}

/**
 * Redis has not what it had acknowledged, or it is another Redis: leases and limits from before may be unknown to it. Nothing is
 * done until those leases are over, a person is told, and the journal is read from its start: what history has, it keeps.
 */
async function startAnew(
  { store, history, log, freezeLength }: Projection,
  cursor: HistoryCursor,
  mark: LineageMark,
): Promise<HistoryCursor> {
  const { generation, number = 0 } = cursor;
  const isOther = generation !== mark.generation;
  const reason = isOther
    ? 'our Redis is not the one that history knows: it is new, or was emptied'
    : `our Redis lost writes: history knows ${number} journal entries, Redis ${mark.count}`;
  const length = freezeLength();
  const isFirst = await store.freeze({
    key: `${generation}-${number}`,
    reason,
    by: 'fixpoint',
    length,
    message: {
      key: `redis/${generation}-${number}`,
      kind: 'call',
      incident: `redis-${mark.generation}`,
      run: '',
      rule: 'none',
      subject: 'fixpoint/redis',
      reason,
      changes: [],
      severity: 'critical',
      title: 'Fixpoint: Redis has lost what it had acknowledged',
      text: `${reason}. Nothing is changed for ${Math.ceil(length / 1000)} s. Runs, limits, cooldowns and pauses of the time before may be gone: look at what was under way (history has it) before you trust it again.`,
      labels: { rule: 'none', subject: 'fixpoint/redis' },
    },
  });
  if (isFirst)
    log.error({ reason, generation, known: number, found: mark.count, frozenFor: length }, 'Redis has lost writes, effects are frozen');
  const to: HistoryCursor = { generation: mark.generation, entry: '0', number: undefined, at: cursor.at };
  const gap: HistoryGap = { cause: 'lost', from: cursor.at, to: mark.time, missing: undefined, noticedAt: mark.time };
  const isMoved = await history.advance({ from: cursor, to, records: [], gap });
  return isMoved ? to : await history.cursor();
}
