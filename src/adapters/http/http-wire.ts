import type { AxiosAdapter } from 'axios';

/** What carries HTTP requests, and by which clock they are late: `fixpoint test` answers them in its own process and time. */
export interface HttpWire {
  /** Absent: over sockets. */
  readonly adapter?: AxiosAdapter;
  /** Aborts after `ms`. */
  timeout(ms: number): AbortSignal;
}

export const overSockets: HttpWire = { timeout: (ms) => AbortSignal.timeout(ms) };
