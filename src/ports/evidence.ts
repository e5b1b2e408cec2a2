import type { Alert } from '../alert/alert.ts';

/** What a source's evidence says of one alert now. */
export type Standing =
  | { readonly standing: 'firing' }
  | { readonly standing: 'suppressed'; readonly by: string }
  | { readonly standing: 'absent' };

/** An alert as its source lists it. */
export interface ListedAlert {
  readonly alert: Alert;
  /** Silenced, inhibited or muted: nobody is told of it. */
  readonly isSuppressed: boolean;
  /** Receivers it is routed to. */
  readonly receivers: readonly string[];
}

/** Asks a source's Alertmanager (or Prometheus). Failures reject: no data is never a pass. */
export interface Evidence {
  /** Names of all sources. */
  sources(): readonly string[];
  /** Where its Alertmanager is: sources with the same have the same alerts. Undefined where it has none. */
  placeOf(source: string): string | undefined;
  /** How the source is asked; `receipt` needs no call and cannot answer `standing`. */
  kindOf(source: string): 'api' | 'prometheus' | 'receipt';
  standing(alert: Alert, signal: AbortSignal): Promise<Standing>;
  /** Whether the standing of any of these alerts, all of the one source, is firing; asked at once. */
  anyFires(source: string, alerts: readonly Alert[], signal: AbortSignal): Promise<boolean>;
  /** Since when the source has been up, ms since the epoch: one that has just started does not know all alerts yet. Undefined where it does not say. */
  upSince(source: string, signal: AbortSignal): Promise<number | undefined>;
  /** All alerts of the source that fire now, silenced ones too. */
  listed(source: string, signal: AbortSignal): Promise<readonly ListedAlert[]>;
  /** Alerts of the source that fire now and match all matchers (Alertmanager's syntax), silenced ones too: what is silenced is not over. */
  firing(source: string, matchers: readonly string[], signal: AbortSignal): Promise<readonly Alert[]>;
}
