import type { Labels } from '../alert/alert.ts';

export interface SilenceMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  /** False: the label must not be so. */
  readonly isEqual: boolean;
}

/** A silence that has not expired. Times in ms since the epoch. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly SilenceMatcher[];
  readonly endsAt: number;
  readonly comment: string;
}

/** Something told to people by way of Alertmanager's own routing. Equal labels are the same alert. */
export interface Notice {
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Ms since the epoch. */
  readonly endsAt: number;
}

/** The Alertmanager of a source. Failures are `alertmanager.unavailable`, `target.missing` where the source has none. */
export interface AlertmanagerReader {
  /** `http/<host>:<port>`. */
  targetOf(source: string): string;
  /** The silences that Fixpoint made. */
  ownSilences(source: string, signal: AbortSignal): Promise<readonly Silence[]>;
}

/** Asks for permission before each request. */
export interface AlertmanagerWriter {
  /** Answers the silence's id. */
  silence(source: string, silence: Omit<Silence, 'id'> & { readonly startsAt: number }, signal: AbortSignal): Promise<string>;
  expire(source: string, id: string, signal: AbortSignal): Promise<void>;
  notify(source: string, notice: Notice, signal: AbortSignal): Promise<void>;
}
