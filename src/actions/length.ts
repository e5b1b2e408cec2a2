import { z } from 'zod';
import { formatDuration, parseDuration, type Duration } from '../value/duration.ts';

/** A duration as Prometheus writes it, between two bounds. Parameters are plain JSON, so it stays text. */
export function lengthBetween(least: Duration, most: Duration) {
  const bounds = `must be a duration from ${formatDuration(least)} to ${formatDuration(most)}`;
  return z.string().refine((text) => {
    const length = parseDuration(text);
    return length !== undefined && length >= least && length <= most;
  }, bounds);
}

/** Ms of a text that has been let through. */
export function lengthOf(text: string): Duration {
  return parseDuration(text) ?? 0;
}
