/** Names and values, as Prometheus and Alertmanager have them: any UTF-8; a label with an empty value is an absent one. */
export type Labels = Readonly<Record<string, string>>;

/** One alert as received. Its identity is `source` + `fingerprint`; times are ms since the epoch. */
export interface Alert {
  readonly source: string;
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  /** The sender's labels, and those the source adds where the alert lacks them. */
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: number;
  readonly endsAt?: number;
}
