import { z } from 'zod';
import { parseDuration } from '../value/duration.ts';

/** A duration as Prometheus writes it. Checks keep it as text, for parameters are plain JSON. */
export const Length = z.string().refine((text) => parseDuration(text) !== undefined, 'must be a duration such as 30s, 5m or 1h30m');

/** Ms of a text that `Length` has let through. */
export function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : (parseDuration(text) ?? 0);
}
