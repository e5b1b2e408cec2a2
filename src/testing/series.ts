/** One step of a written series; undefined = there is no sample. */
export type Point = number | undefined;

const token = /^(?<start>[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf|NaN))(?:(?<step>[-+]\d+(?:\.\d+)?)?x(?<times>\d+))?$/i;

const mostPoints = 100_000;

/**
 * Reads promtool's notation for values at regular intervals: `0.3x10 0.05`, `1+2x5`, `_x3 1 stale`. A text says what cannot be read.
 */
export function parseSeries(text: string): readonly Point[] | string {
  const points: Point[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const gap = /^(?:stale|_(?:x(\d+))?)$/.exec(word);
    const { start, step, times = '0' } = token.exec(word)?.groups ?? {};
    const count = gap === null ? Number(times) + 1 : Number(gap[1] ?? 1);
    if (points.length + count > mostPoints) return `more than ${mostPoints} values`;
    if (gap !== null) {
      for (let index = 0; index < count; index++) points.push(undefined);
      continue;
    }
    if (start === undefined) return `${word} is no value: expected promtool's notation, such as 0.3x10 0.05, 1+2x5 or _x3`;
    for (let index = 0; index < count; index++) points.push(numberOf(start) + index * Number(step ?? 0));
  }
  return points;
}

function numberOf(text: string): number {
  const match = /^([-+]?)(inf|nan)$/i.exec(text);
  if (match === null) return Number(text);
  if (match[2]?.toLowerCase() === 'nan') return Number.NaN;
  return match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
