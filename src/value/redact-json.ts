import type { Json } from './json.ts';
import { hidden, looksSecret, redactText } from './redact.ts';

/** The value without texts that look like credentials, by themselves or by the name of anything they are below. */
export function redactJson(value: Json, isBelowSecret = false): Json {
  if (typeof value === 'string') return isBelowSecret ? hidden : redactText(value);
  if (Array.isArray(value)) return value.map((element: Json) => redactJson(element, isBelowSecret));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactJson(member, isBelowSecret || looksSecret(key))]));
}
