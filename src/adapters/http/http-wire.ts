import type { AxiosAdapter } from 'axios';

/** What carries HTTP requests, and by which clock they are late: `fixpoint test` answers them in its own process and time. */
export interface HttpWire {
  /** Absent: over sockets. */
  readonly adapter?: AxiosAdapter;
  /** The signal aborts after `ms`; `stop` is for a request that has ended before. */
  timeout(ms: number): { readonly signal: AbortSignal; stop(): void };
}

export const overSockets: HttpWire = { timeout: (ms) => ({ signal: AbortSignal.timeout(ms), stop: () => undefined }) };
