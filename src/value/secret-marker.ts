import type { Json } from './json.ts';

const open = '\uE000';
const close = '\uE001';
const marker = /\uE000secret:([^\uE000\uE001]*)\uE001/g;
const reserved = /[\uE000\uE001]/g;
const replacement = '\uFFFD';

/** What stands for a secret from rendering until apply: it names the secret and never holds it. */
export function secretMarker(name: string): string {
  return `${open}secret:${name}${close}`;
}

/** The names of all secrets that the text has markers of, each once. */
export function secretNamesIn(text: string): string[] {
  return text.includes(open) ? [...new Set(Array.from(text.matchAll(marker), (match) => match[1] ?? ''))] : [];
}

/** The value with every marker in it replaced by what `reveal` gives for its name; object keys are left alone. */
export function resolveSecretMarkers(value: Json, reveal: (name: string) => string): Json {
  return mapStrings(value, (text) => (text.includes(open) ? text.replaceAll(marker, (_marker, name: string) => reveal(name)) : text));
}

/**
 * The value without any markers but those of `allowed` names, so that nothing from outside can name a secret:
 * the characters that make a marker become U+FFFD.
 */
export function withoutSecretMarkers(value: Json, allowed: ReadonlySet<string> = new Set()): Json {
  return mapStrings(value, (text) => scrub(text, allowed));
}

function scrub(text: string, allowed: ReadonlySet<string>): string {
  if (!text.includes(open) && !text.includes(close)) return text;
  let clean = '';
  let end = 0;
  for (const match of text.matchAll(marker)) {
    if (!allowed.has(match[1] ?? '')) continue;
    clean += text.slice(end, match.index).replaceAll(reserved, replacement) + match[0];
    end = match.index + match[0].length;
  }
  return clean + text.slice(end).replaceAll(reserved, replacement);
}

function mapStrings(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapStrings(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [change(key), mapStrings(member, change)]));
}
