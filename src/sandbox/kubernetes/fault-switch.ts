/** What an afflicted request gets: an error Status, no answer at all (its effect made or not), or half an answer and a cut connection after its effect. */
export type Fault =
  | { readonly status: 401 | 403 | 404 | 409 | 422 | 429 | 500 | 503; readonly retryAfterSeconds?: number }
  | { readonly never: true; readonly isApplied?: boolean }
  | { readonly cut: true };

interface SetFault {
  readonly pattern: RegExp;
  readonly fault: Fault;
  left: number;
  /** A request that has to come first; absent once it has. */
  after?: RegExp | undefined;
}

/** Makes chosen requests fail, to see how a client behaves. */
export class FaultSwitch {
  #faults: SetFault[] = [];

  /** For the next `times` (all by default) requests whose `METHOD path` matches, `after` one that matches that; returns how to end it early. */
  set(pattern: RegExp, fault: Fault, { times = Number.POSITIVE_INFINITY, after }: { times?: number; after?: RegExp } = {}): () => void {
    const entry: SetFault = { pattern, fault, left: times, after };
    this.#faults.push(entry);
    return () => {
      this.#faults = this.#faults.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.#faults = [];
  }

  /** Takes the first fault set for this request, using it up by one. */
  take(method: string, path: string): Fault | undefined {
    const request = `${method} ${path}`;
    const entry = this.#faults.find(({ pattern, after }) => after === undefined && pattern.test(request));
    for (const waiting of this.#faults) if (waiting.after?.test(request) === true) waiting.after = undefined;
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#faults = this.#faults.filter((other) => other !== entry);
    return entry.fault;
  }
}
