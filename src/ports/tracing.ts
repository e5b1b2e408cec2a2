/** Something that has begun and ended. Times are ms since the epoch. */
export interface TracedSpan {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly events?: readonly {
    readonly name: string;
    readonly at: number;
    readonly attributes: Readonly<Record<string, string | number>>;
  }[];
  /** What it comes after in traces of their own, as `traceparent`. */
  readonly links?: readonly string[];
  /** It answered a request from outside. */
  readonly isAnswer?: true;
  /** Why it did not come to what it was for. */
  readonly failure?: string;
  readonly children?: readonly TracedSpan[];
}

/** Where spans go that have ended. Places in a trace are written as W3C's `traceparent`. */
export interface Tracing {
  /** A place for a span that others are to stand below before it has ended: below `parent`, or at the root of a trace of its own. */
  place(parent?: string): string;
  /** Takes a span with its children; never waits, never throws. `self`: a place from before, else it gets one below `parent`. */
  ended(span: TracedSpan, at: { readonly self?: string; readonly parent?: string }): void;
}
