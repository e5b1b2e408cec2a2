/** The value at a JSON pointer (RFC 6901); null where there is none. */
export function pointed(value: unknown, pointer: string): unknown {
  let at = value;
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : null;
  }
  return at;
}
