import { codeOf, errorCatalogue, FixpointError, messageOf } from '../errors.ts';

/** A problem document as of RFC 9457; `code` is from the catalogue of errors, further members are the error's details. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** The path asked for, or for an internal error the id under which the log has it. */
  readonly instance: string;
  readonly [member: string]: unknown;
}

/** What the caller is told; of an error that is not ours only the id under which it was logged. */
export function problemOf(error: unknown, { path, errorId }: { path: string; errorId: string }): ProblemDocument {
  const code = codeOf(error);
  const { title, status } = errorCatalogue[code];
  const details = error instanceof FixpointError && code !== 'internal' ? error.details : {};
  const base = { type: `urn:fixpoint:problem:${code}`, title, status, code };
  if (code === 'internal') return { ...base, detail: `the log has it under the id ${errorId}`, instance: `urn:fixpoint:error:${errorId}` };
  return { ...details, ...base, detail: messageOf(error), instance: path };
}

/** Fastify's own refusals in our words; everything else as it is. */
export function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof FixpointError) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (code?.startsWith('FST_ERR_') !== true || statusCode === undefined || statusCode >= 500) return error;
  switch (statusCode) {
    case 413:
      return new FixpointError('request.too-large', error.message, { cause: error });
    case 415:
      return new FixpointError('request.unsupported-type', error.message, { cause: error });
    default:
      return new FixpointError('request.malformed', error.message, { cause: error });
  }
}
