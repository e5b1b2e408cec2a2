/** The value as short text for messages: quoted, control and private characters escaped, cut at `length` characters. */
export function printable(value: unknown, length = 80): string {
  // A megabyte is cut before it is quoted.
  const cut = typeof value === 'string' && value.length > length ? value.slice(0, length) : value;
  const json = JSON.stringify(cut) ?? String(cut);
  const text = json.replaceAll(/[^\P{C} ]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  const isCut = cut !== value || text.length > length + 2;
  return isCut
    ? `${text.slice(0, length)}… (${typeof value === 'string' ? `${value.length} characters` : `${json.length} characters of JSON`})`
    : text;
}
