import type { Labels } from '../alert/alert.ts';

/** A silence of our own that is in force. Times are ms since the epoch. */
export interface OwnSilence {
  readonly id: string;
  /** The run it was made for. */
  readonly run: string;
  /** Labels of the one alert it silences. */
  readonly labels: Labels;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** Silences of ours in the Alertmanagers of sources. Rejects with `alertmanager.unavailable`. */
export interface Silencer {
  /** Sources whose Alertmanager can be told to be silent. */
  sources(): readonly string[];
  /** Those in force. */
  list(source: string, signal: AbortSignal): Promise<readonly OwnSilence[]>;
  /** The labels of an alert as its Alertmanager knows them: without those that we added. */
  labelsOf(source: string, labels: Labels): Labels;
  /** Makes a silence or, with its `id`, lets it last longer; Alertmanager may answer with another id. */
  put(
    source: string,
    silence: Omit<OwnSilence, 'id'> & { readonly id?: string; readonly rule: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends it; one that is not there any more is ended. */
  remove(source: string, id: string, signal: AbortSignal): Promise<void>;
}
