import { FixpointError, messageOf, type ErrorCode } from '../../errors.ts';
import { printable } from '../../value/printable.ts';

/** The parts of a Kubernetes Status that we use; everything else of an error body stays out of messages and logs. */
interface Status {
  readonly kind?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown; readonly causes?: unknown } | null;
}

const longestMessage = 300;

/** The coded error of an answer that is no success. Codes and reasons are matched, never texts: those change between releases. */
export function answerError({
  status,
  body,
  retryAfter,
  doing,
}: {
  status: number;
  body: string;
  retryAfter?: string;
  doing: string;
}): FixpointError {
  const said = readStatus(body);
  const reason = typeof said.reason === 'string' && /^[A-Za-z]{1,60}$/.test(said.reason) ? said.reason : undefined;
  const budget = budgetCause(said);
  const told = [said.message, budget].filter((text) => typeof text === 'string' && text !== '').join(' ');
  const message = told === '' ? 'no Status in the answer' : printable(told, longestMessage);
  const seconds = retryAfterSeconds(retryAfter ?? said.details?.retryAfterSeconds);
  return new FixpointError(codeFor(status, said), `${doing}: HTTP ${status}${reason === undefined ? '' : ` ${reason}`}: ${message}`, {
    details: { status, ...(reason === undefined ? {} : { reason }), ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) },
  });
}

/** What a disruption budget says for itself, apart from the message (recorded in 10). */
function budgetCause({ details }: Status): string | undefined {
  const causes: readonly unknown[] = Array.isArray(details?.causes) ? details.causes : [];
  const cause = causes.find((each): each is { message?: unknown } => {
    return typeof each === 'object' && each !== null && 'reason' in each && each.reason === 'DisruptionBudget';
  });
  return cause === undefined ? undefined : typeof cause.message === 'string' ? cause.message : '';
}

function codeFor(status: number, said: Status): ErrorCode {
  const { kind, reason } = said;
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
      return budgetCause(said) === undefined ? 'kubernetes.throttled' : 'kubernetes.budget-spent';
    case 500: {
      // A Status of 500 without a reason is the server's way to refuse a malformed request (recorded in 06, 10, 16, 17): repeating it helps nobody.
      const isRefusal = kind === 'Status' && (reason === undefined || reason === '');
      return isRefusal ? 'kubernetes.invalid' : 'kubernetes.unavailable';
    }
    default:
      return status >= 500 || status === 408 || status < 400 ? 'kubernetes.unavailable' : 'kubernetes.invalid';
  }
}

function readStatus(body: string): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    // What a proxy in between says of itself is not shown.
    return typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status' ? parsed : {};
  } catch {
    return {};
  }
}

function retryAfterSeconds(given: unknown): number | undefined {
  const seconds = Number(given);
  return given !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** The coded error of a request that got no whole answer. */
export function connectionError(error: unknown, doing: string): FixpointError {
  if (error instanceof FixpointError) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new FixpointError('kubernetes.unavailable', `${doing}: ${printable(messageOf(error) + cause, longestMessage)}`);
}
