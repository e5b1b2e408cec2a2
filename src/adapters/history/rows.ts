import type { JournalEntry, JournalRecord } from '../../run/journal-entry.ts';
import type { Run } from '../../run/run.ts';
import { contentHash, type JsonObject } from '../../value/json.ts';
import type { EntryRow, RunRow } from './tables.ts';

/** Text as every database takes it: no NUL, no half of a surrogate pair. JSON has neither, it escapes them. */
export function columnText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

export function entryRow({ id, number, at, type, run, incident, rule, data }: JournalRecord): EntryRow {
  return {
    id,
    number,
    at: Math.floor(at),
    type,
    run: run === undefined ? null : columnText(run),
    incident: incident === undefined ? null : columnText(incident),
    rule: rule === undefined ? null : columnText(rule),
    data: JSON.stringify(data),
  };
}

export function readEntry({ id, number, at, type, run, incident, rule, data }: EntryRow): JournalRecord {
  return {
    type: type as JournalEntry['type'],
    ...(run === null ? {} : { run }),
    ...(incident === null ? {} : { incident }),
    ...(rule === null ? {} : { rule }),
    data: JSON.parse(data) as JsonObject,
    id,
    number,
    at,
  };
}

export function runRow(run: Run, touchedAt: number): RunRow {
  return {
    id: columnText(run.id),
    incident: columnText(run.incident),
    rule: columnText(run.rule),
    subject: columnText(run.subject),
    subject_key: contentHash(run.subject),
    phase: run.phase,
    created_at: Math.floor(run.createdAt),
    finished_at: run.finishedAt === undefined ? null : Math.floor(run.finishedAt),
    touched_at: Math.floor(touchedAt),
    doc: JSON.stringify(run),
  };
}
