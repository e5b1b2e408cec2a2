import { FixpointError, messageOf, type ErrorCode } from '../../errors.ts';

/** The parts of a Kubernetes Status that we use; everything else of an error body stays out of messages and logs. */
interface Status {
  readonly reason?: unknown;
  readonly message?: unknown;
}

const longestMessage = 300;

/** The coded error of an answer that is no success. Codes and reasons are matched, never texts: those change between releases. */
export function answerError({ status, body, retryAfter, doing }: { status: number; body: string; retryAfter?: string; doing: string }): FixpointError {
  const { reason, message } = readStatus(body);
  const said = typeof message === 'string' ? message.slice(0, longestMessage) : 'no Status in the answer';
  const named = typeof reason === 'string' ? ` ${reason}` : '';
  const details = { status, ...(retryAfter === undefined ? {} : { retryAfter }), ...(typeof reason === 'string' ? { reason } : {}) };
  return new FixpointError(codeFor(status, reason), `${doing}: HTTP ${status}${named}: ${said}`, { details });
}

function codeFor(status: number, reason: unknown): ErrorCode {
  switch (status) {
    case 401:
      return 'kubernetes.unauthorized';
    case 403:
      return 'kubernetes.forbidden';
    case 404:
      return 'kubernetes.not-found';
    case 409:
      return 'kubernetes.conflict';
    case 429:
      return 'kubernetes.throttled';
    // A 500 without a reason is the server's way to refuse a malformed patch (recorded in 06, 10, 16, 17): repeating it helps nobody.
    case 500:
      return reason === undefined || reason === '' ? 'kubernetes.invalid' : 'kubernetes.unavailable';
    default:
      return status >= 500 || status === 408 ? 'kubernetes.unavailable' : 'kubernetes.invalid';
  }
}

function readStatus(body: string): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** The coded error of a request that got no whole answer. */
export function connectionError(error: unknown, doing: string): FixpointError {
  if (error instanceof FixpointError) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new FixpointError('kubernetes.unavailable', `${doing}: ${messageOf(error)}${cause}`, { cause: error });
}
