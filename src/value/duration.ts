/** A length of time in milliseconds. */
export type Duration = number & { readonly unit?: 'ms' };

const units: ReadonlyArray<readonly [string, number]> = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const pattern = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Reads a duration as Prometheus writes it (`1h30m`, `500ms`, `1d` = 24 h, `0`); undefined for anything else.
 * Grammar: prometheus/common model.ParseDuration.
 */
export function parseDuration(text: string): Duration | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : pattern.exec(text);
  if (match === null) return undefined;
  let total = 0;
  for (const [index, [, size]] of units.entries()) total += Number(match[index + 1] ?? 0) * size;
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest exact form that `parseDuration` reads back. */
export function formatDuration(duration: Duration): string {
  let rest = Math.round(duration);
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, size] of units) {
    // Years and weeks are read but not written: `14d` is clearer than `2w` in a reason.
    if (unit === 'y' || unit === 'w') continue;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
