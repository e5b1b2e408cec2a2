/** RFC 3339 in UTC of a time in ms since the epoch; null when there is none. */
export function timeText(at: number): string;
export function timeText(at: number | undefined): string | null;
export function timeText(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
