/** One answered request; `at` in the clock's ms, `status` 0 when it was cut or never answered. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly status: number;
  readonly at: number;
}

/** The last requests a simulated API answered, oldest first. */
export class RequestLog {
  readonly #limit: number;
  #entries: LoggedRequest[] = [];

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  add(entry: LoggedRequest): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit * 2) this.#entries = this.#entries.slice(-this.#limit);
  }

  /** Those whose `METHOD path` matches, or all. */
  entries(pattern?: RegExp): readonly LoggedRequest[] {
    const kept = this.#entries.slice(-this.#limit);
    return pattern === undefined ? kept : kept.filter((entry) => pattern.test(`${entry.method} ${entry.path}`));
  }

  /** Requests that may have changed something: all but GET and HEAD, no dry run and no question about rights. */
  effects(): readonly LoggedRequest[] {
    return this.entries().filter(
      ({ method, query, path }) => method !== 'GET' && method !== 'HEAD' && !query.includes('dryRun') && !path.endsWith('reviews'),
    );
  }

  clear(): void {
    this.#entries = [];
  }
}
