/**
 * Text that may come from alerts, as a terminal may get it: control, format and private characters are escaped as JSON escapes
 * them, so that JSON stays JSON; line breaks and tabs stay.
 */
export function forTerminal(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (character) =>
    Array.from({ length: character.length }, (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** Text from the service on one line of its own, so that it cannot pass for a line of ours. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
