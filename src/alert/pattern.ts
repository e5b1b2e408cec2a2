import { RE2JS } from 're2js';

const literal = /^[^\\.+*?()|[\]{}^$]*$/;

/** A regular expression that has to match a whole text. `literals`: all texts it matches, where these are known. */
export interface Pattern {
  readonly literals?: readonly string[];
  test(text: string): boolean;
}

/**
 * Compiles an anchored RE2 expression; throws re2js's error where it is none. Expressions that only list words, or are a
 * fixed text followed by `.*`, are answered without the engine.
 */
export function compilePattern(source: string): Pattern {
  const engine = RE2JS.compile(source);
  const words = source.split('|');
  if (words.every((word) => literal.test(word))) {
    const known = new Set(words);
    return { literals: [...known], test: (text) => known.has(text) };
  }
  const prefix = /^([^\\.+*?()|[\]{}^$]*)\.\*$/.exec(source)?.[1];
  // In RE2, as Alertmanager uses it, the dot matches anything but a line feed.
  if (prefix !== undefined) return { test: (text) => text.startsWith(prefix) && !text.includes('\n', prefix.length) };
  const start = fixedStart(source);
  return { test: start === '' ? (text) => engine.testExact(text) : (text) => text.startsWith(start) && engine.testExact(text) };
}

/** The fixed text every match starts with, as far as it is plain to see. */
function fixedStart(source: string): string {
  if (source.includes('|')) return '';
  const plain = /^[^\\.+*?()[\]{}^$]*/.exec(source)?.[0] ?? '';
  const next = source[plain.length];
  // A quantifier belongs to the character before it, which may be half of a pair.
  return next !== undefined && '*?{+'.includes(next) ? Array.from(plain).slice(0, -1).join('') : plain;
}
