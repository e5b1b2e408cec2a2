import { FixpointError } from '../../errors.ts';

const deepestCause = 5;

/** What the log keeps of an error: named members only, for errors of clients carry whole requests with their credentials. */
export function errorRecord(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error instanceof FixpointError && Object.keys(error.details).length > 0 ? { details: error.details } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= deepestCause ? {} : { cause: errorRecord(error.cause, depth + 1) }),
  };
}
