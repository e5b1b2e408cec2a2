import type { JsonObject } from '../value/json.ts';

/** One statement with its values, which are bound and never part of the text. */
export interface PostgresStatement {
  readonly connection: string;
  readonly sql: string;
  readonly values?: readonly (string | number | boolean | null | readonly (string | number)[])[];
  /** How long it may take; the connection's own timeout unless told. Ms. */
  readonly timeoutMs?: number;
}

/**
 * A declared PostgreSQL database to remediate, `postgres.<name>`; never our own history. Failures are `postgres.*` errors, and
 * `target.missing` for a name that is not declared.
 */
export interface PostgresReader {
  /** In a transaction that can write nothing. At most `most` rows; `truncated` says that there were more. */
  read(statement: PostgresStatement & { readonly most: number }, signal: AbortSignal): Promise<PostgresRows>;
}

export interface PostgresRows {
  readonly rows: readonly JsonObject[];
  readonly truncated: boolean;
}

/** Asks for permission before it sends. Outside of any transaction. */
export interface PostgresWriter {
  execute(statement: PostgresStatement, signal: AbortSignal): Promise<readonly JsonObject[]>;
}
