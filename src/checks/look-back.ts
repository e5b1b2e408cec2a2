import { parseDuration, type Duration } from '../value/duration.ts';

const range = /\[\s*([0-9a-z]+)\s*(?:(:)\s*[0-9a-z]*\s*)?\]/g;
const shift = /\boffset\s+([0-9a-z]+)/g;

/**
 * How far back a query looks by what it shows, ms; undefined where it shows no range. Subqueries look back over what is in them,
 * so theirs are added; so is the longest offset.
 */
export function lookBackOf(query: string): Duration | undefined {
  const bare = query.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*/g, '""');
  const ranges = [...bare.matchAll(range)].map(([, text = '', colon]) => ({
    length: parseDuration(text),
    isSubquery: colon !== undefined,
  }));
  if (ranges.length === 0 || ranges.some(({ length }) => length === undefined)) return undefined;
  const plain = ranges.filter(({ isSubquery }) => !isSubquery).map(({ length = 0 }) => length);
  const subqueries = ranges.filter(({ isSubquery }) => isSubquery).map(({ length = 0 }) => length);
  // What a subquery without a range in it samples may itself be minutes old: that needs a `window:`.
  if (plain.length === 0) return undefined;
  const offsets = [...bare.matchAll(shift)].map(([, text = '']) => parseDuration(text) ?? 0);
  return Math.max(...plain) + subqueries.reduce((sum, length) => sum + length, 0) + Math.max(0, ...offsets);
}
