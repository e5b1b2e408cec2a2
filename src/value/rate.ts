import { formatDuration, parseDuration, type Duration } from './duration.ts';

/** At most `count` in any interval of length `window`, ends included: a sliding window. */
export interface Rate {
  readonly count: number;
  readonly window: Duration;
}

/** Reads `4/1h`; undefined for anything else. A count of 0 forbids. */
export function parseRate(text: string): Rate | undefined {
  const match = /^(\d{1,6})\/([0-9a-z]+)$/.exec(text);
  const window = match?.[2] === undefined ? undefined : parseDuration(match[2]);
  if (match?.[1] === undefined || window === undefined || window === 0) return undefined;
  return { count: Number(match[1]), window };
}

export function formatRate(rate: Rate): string {
  return `${rate.count}/${formatDuration(rate.window)}`;
}
