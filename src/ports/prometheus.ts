/** One series of an instant vector; `at` is the sample's own time in ms, `value` may be NaN or infinite. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly at: number;
  readonly value: number;
}

/** Instant queries against a configured Prometheus; `from` undefined = the source's, else `prometheus.<name>`. */
export interface Prometheus {
  query(
    query: string,
    options: { readonly from?: string; readonly source: string; readonly signal: AbortSignal },
  ): Promise<readonly Sample[]>;
}
