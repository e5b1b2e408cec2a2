import type { Limits } from '../rule/guard-settings.ts';
import { formatDuration } from '../value/duration.ts';
import { formatRate, type Rate } from '../value/rate.ts';

/** The members that are lengths of time. */
const durations: ReadonlySet<string> = new Set(['min', 'window', 'quiet']);

/** Limits as `limits:` in fixpoint.yaml writes them. */
export function shownLimits(limits: Limits): unknown {
  const written = JSON.stringify(limits, (name, value: unknown) => {
    if (isRate(value)) return formatRate(value);
    return typeof value === 'number' && durations.has(name) ? formatDuration(value) : value;
  });
  return JSON.parse(written);
}

function isRate(value: unknown): value is Rate {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'count,window';
}
