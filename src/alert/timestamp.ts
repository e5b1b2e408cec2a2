const pattern = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9})\d*)?(?:[Zz]|([+-])(\d{2}):?(\d{2}))$/;

/**
 * Milliseconds since the epoch of an RFC 3339 time with any fraction and offset; undefined for anything else and for
 * Go's zero time (year 1), with which Alertmanager says "none".
 */
export function parseTimestamp(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  if (year <= 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCDate() !== day) return undefined;
  const fraction = Number(`0.${match[7] ?? '0'}`);
  const offset = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * (match[8] === '-' ? -60_000 : 60_000);
  return date.getTime() + hour * 3_600_000 + minute * 60_000 + second * 1000 + Math.floor(fraction * 1000) - offset;
}
