import { z } from 'zod';
import { parseTimestamp } from '../alert/timestamp.ts';
import { FixpointError } from '../errors.ts';
import { parseDuration } from '../value/duration.ts';

/** A point in time as people write it: RFC 3339, or a duration from now. */
export const Moment = z
  .string()
  .refine((text) => parseTimestamp(text) !== undefined || parseDuration(text) !== undefined, {
    error: 'write a time (2026-01-31T12:00:00Z) or a duration (30m, 2h)',
  })
  .meta({ description: 'RFC 3339, or a duration such as 30m' });

/** Ms since the epoch; a duration counts into the past or the future from `now`. */
export function resolveMoment(text: string, now: number, direction: 'past' | 'future'): number {
  const duration = parseDuration(text);
  const at = duration === undefined ? parseTimestamp(text) : direction === 'past' ? now - duration : now + duration;
  if (at === undefined)
    throw new FixpointError('request.malformed', `${JSON.stringify(text.slice(0, 80))} is neither a time nor a duration`);
  return Math.max(0, at);
}
