/** An alert that somebody sent to the product by hand; it belongs to one patient. Times are ms since the epoch, real ones. */
export interface PostedAlert {
  readonly platform: string;
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
}
