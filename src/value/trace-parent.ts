/** Where a span stands, as W3C's `traceparent` says it. */
export interface TraceParent {
  readonly trace: string;
  readonly span: string;
  readonly isSampled: boolean;
}

const form =
  /^(?!ff)(?<version>[0-9a-f]{2})-(?<trace>(?!0{32})[0-9a-f]{32})-(?<span>(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<rest>-.*)?$/;

/** Undefined for what is none: a caller that gets it wrong begins a trace of its own. Of later versions the part that we know counts. */
export function parseTraceParent(text: string): TraceParent | undefined {
  const { version, trace, span, flags, rest } = form.exec(text)?.groups ?? {};
  if (trace === undefined || span === undefined || flags === undefined || (version === '00' && rest !== undefined)) return undefined;
  return { trace, span, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceParent({ trace, span, isSampled }: TraceParent): string {
  return `00-${trace}-${span}-${isSampled ? '01' : '00'}`;
}
