import { FixpointError } from '../errors.ts';

/** Nobody nests deeper; code that walks a value recursively is safe below it. */
const deepest = 64;

/** Refuses parsed JSON that is nested absurdly deep or names `__proto__`, which some later copy would take for a prototype. */
export function assertHarmless(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= deepest) throw tooDeep();
  if (Array.isArray(value)) {
    for (const item of value) assertHarmless(item, depth + 1);
    return;
  }
  const members = value as Record<string, unknown>;
  for (const key in members) {
    if (key === '__proto__') throw new FixpointError('request.malformed', 'the body has a key "__proto__", which is not allowed');
    assertHarmless(members[key], depth + 1);
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** The same about the nesting of JSON text that is not parsed yet. */
export function assertShallow(bytes: Buffer): void {
  let depth = 0;
  let isText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (isText) {
      if (byte === backslash) index++;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > deepest) throw tooDeep();
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}

function tooDeep(): FixpointError {
  return new FixpointError('request.malformed', `the body is nested deeper than ${deepest} levels`);
}
