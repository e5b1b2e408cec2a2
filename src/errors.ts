/**
 * The catalogue of coded errors. `status` is the HTTP status of the problem document (RFC 9457) that carries the code;
 * `title` its constant title; `retryable` whether the same request may succeed later without anyone mending anything.
 */
export const errorCatalogue = {
  'request.malformed': { status: 400, retryable: false, title: 'The request is not valid' },
  'webhook.malformed': { status: 400, retryable: false, title: 'The body is not an Alertmanager webhook message' },
  'request.too-large': { status: 413, retryable: false, title: 'The request body is too large' },
  'request.unsupported-type': { status: 415, retryable: false, title: 'The content type is not application/json' },
  'auth.missing': { status: 401, retryable: false, title: 'A credential is needed' },
  'auth.invalid': { status: 401, retryable: false, title: 'The credential is not valid' },
  'auth.forbidden': { status: 403, retryable: false, title: 'The credential does not carry the needed role' },
  'auth.limited': { status: 429, retryable: true, title: 'Too many credentials were not valid' },
  'auth.unavailable': { status: 503, retryable: true, title: 'Whose the credential is cannot be told now' },
  'request.cross-site': { status: 403, retryable: false, title: 'The request comes from another site' },
  'not-found': { status: 404, retryable: false, title: 'There is nothing here' },
  'method.not-allowed': { status: 405, retryable: false, title: 'The method is not allowed here' },
  'source.unknown': { status: 404, retryable: false, title: 'No source has this name' },
  'run.unknown': { status: 404, retryable: false, title: 'No run has this id' },
  'run.conflict': { status: 409, retryable: false, title: 'The run is not in a phase that allows this' },
  'run.stale-fence': { status: 409, retryable: false, title: 'Another worker has taken the run over' },
  'run.illegal-transition': { status: 500, retryable: false, title: 'The run cannot go from this phase to that one' },
  'notification.unknown': { status: 404, retryable: false, title: 'No kept notification has this id' },
  'pause.unknown': { status: 404, retryable: false, title: 'No pause has this id' },
  'pause.local': { status: 409, retryable: false, title: 'Only the file or variable that made this pause ends it' },
  'rule.unknown': { status: 404, retryable: false, title: 'No rule has this name' },
  'rule.not-demoted': { status: 409, retryable: false, title: 'The rule is not demoted' },
  'rules.invalid': { status: 422, retryable: false, title: 'The rules or remediations have problems' },
  'config.invalid': { status: 422, retryable: false, title: 'The configuration has problems' },
  'overloaded': { status: 503, retryable: true, title: 'Too much is in flight' },
  'store.unavailable': { status: 503, retryable: true, title: 'Redis cannot be reached or does not answer' },
  'history.unavailable': { status: 503, retryable: true, title: 'The database of history cannot be reached or does not answer' },
  'replica.conflict': { status: 409, retryable: false, title: 'Another process uses the same Redis, and they do not go together' },
  'shutting-down': { status: 503, retryable: true, title: 'This process is stopping' },
  'internal': { status: 500, retryable: false, title: 'An error of Fixpoint itself' },
  'render.failed': { status: 422, retryable: false, title: 'A parameter could not be rendered' },
  'params.invalid': { status: 422, retryable: false, title: 'The parameters do not fit' },
  'target.missing': { status: 404, retryable: false, title: 'The target does not exist' },
  'target.ambiguous': { status: 409, retryable: false, title: 'The target is ambiguous' },
  'target.changed': { status: 409, retryable: false, title: 'Someone else changed the target' },
  'kubernetes.unauthorized': { status: 502, retryable: false, title: 'The Kubernetes API does not accept the credential' },
  'kubernetes.forbidden': { status: 502, retryable: false, title: 'The Kubernetes API forbids this' },
  'kubernetes.not-found': { status: 502, retryable: false, title: 'The Kubernetes object does not exist' },
  'kubernetes.conflict': { status: 502, retryable: true, title: 'The Kubernetes object changed meanwhile' },
  'kubernetes.invalid': { status: 502, retryable: false, title: 'The Kubernetes API refuses the request' },
  'kubernetes.throttled': { status: 502, retryable: true, title: 'The Kubernetes API asks to slow down' },
  'kubernetes.budget-spent': { status: 502, retryable: true, title: 'A disruption budget allows no eviction now' },
  'kubernetes.command-failed': { status: 502, retryable: false, title: 'The command in the pod failed' },
  'kubernetes.unavailable': { status: 502, retryable: true, title: 'The Kubernetes API fails or does not answer' },
  'http.refused': { status: 502, retryable: false, title: 'The HTTP request is not allowed' },
  'http.unexpected-answer': { status: 502, retryable: false, title: 'The HTTP answer is not the expected one' },
  'http.unavailable': { status: 502, retryable: true, title: 'The HTTP service does not answer' },
  'prometheus.unavailable': { status: 502, retryable: true, title: 'Prometheus does not answer' },
  'prometheus.query-failed': { status: 502, retryable: false, title: 'Prometheus refuses the query' },
  'alertmanager.unavailable': { status: 502, retryable: true, title: 'Alertmanager does not answer' },
  'channel.unavailable': { status: 502, retryable: true, title: 'A channel to people does not answer' },
  'redis.refused': { status: 502, retryable: false, title: 'Redis, or the configuration, does not allow this' },
  'redis.failed': { status: 502, retryable: false, title: 'Redis answers with an error' },
  'redis.partial': { status: 502, retryable: false, title: 'Some nodes of the Redis were changed and others were not' },
  'redis.unavailable': { status: 502, retryable: true, title: 'A node of the Redis does not answer or cannot serve' },
  'postgres.refused': { status: 502, retryable: false, title: 'PostgreSQL, or the configuration, does not allow this' },
  'postgres.failed': { status: 502, retryable: false, title: 'PostgreSQL answers with an error' },
  'postgres.unavailable': { status: 502, retryable: true, title: 'PostgreSQL does not answer or cannot serve' },
  'flow.assertion-failed': { status: 422, retryable: false, title: 'A condition that the remediation needs does not hold' },
  'secret.unavailable': { status: 500, retryable: false, title: 'A secret cannot be read' },
  'timeout': { status: 504, retryable: true, title: 'The time for this is over' },
  'cancelled': { status: 409, retryable: false, title: 'A person or the engine stopped this' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** A failure that is expected to happen: `code` from the catalogue, a message that says who, what was given, what would be right. */
export class FixpointError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Data for logs and problem documents: plain JSON, never secrets. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FixpointError';
    this.code = code;
    this.retryable = errorCatalogue[code].retryable;
    this.details = options.details ?? {};
  }
}

/** The code of an error, `internal` for one that is not ours. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof FixpointError ? error.code : 'internal';
}

/** One line for a person; never a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
