/** The tables of history, as rows are written and read. Times are ms since the epoch; JSON is text. */
export interface HistoryTables {
  readonly fixpoint_schema: { readonly version: number };
  /** One row. `number` is -1 where the journal is read anew. */
  readonly fixpoint_cursor: {
    readonly name: string;
    readonly generation: string;
    readonly entry: string;
    readonly number: number;
    readonly at: number;
  };
  readonly fixpoint_entries: EntryRow;
  readonly fixpoint_runs: RunRow;
  /** `missing` is -1 where nobody can know. */
  readonly fixpoint_gaps: {
    readonly cause: string;
    readonly from_at: number;
    readonly to_at: number;
    readonly missing: number;
    readonly noticed_at: number;
  };
}

export interface EntryRow {
  /** The journal's own. */
  readonly id: string;
  readonly number: number;
  readonly at: number;
  readonly type: string;
  readonly run: string | null;
  readonly incident: string | null;
  readonly rule: string | null;
  readonly data: string;
}

export interface RunRow {
  readonly id: string;
  readonly incident: string;
  readonly rule: string;
  readonly subject: string;
  /** Hash of the subject, for the index: a subject may be longer than an index takes. */
  readonly subject_key: string;
  readonly phase: string;
  readonly created_at: number;
  readonly finished_at: number | null;
  /** Time of the newest entry about the run. */
  readonly touched_at: number;
  /** The whole record. */
  readonly doc: string;
}
