/** The text in one line of printable characters, cut at `length`: labels of an alert must not draw lines of their own. */
export function oneLine(text: string, length = 500): string {
  const line = text
    .slice(0, length * 2)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
