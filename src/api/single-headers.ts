import { FixpointError } from '../errors.ts';

/** Headers that decide who asks and where they ask, and are never taken from the second of two. */
const single = new Set(['authorization', 'host']);

/** Node keeps the first of several, and a proxy before us may have looked at the last: two are none. Throws `request.malformed`. */
export function assertSingle({ rawHeaders }: { readonly rawHeaders: readonly string[] }): void {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] ?? '';
    // Only names of these two lengths are looked at, for this is done with every header of every request.
    if (given.length !== 4 && given.length !== 13) continue;
    const name = given.toLowerCase();
    if (!single.has(name)) continue;
    if (seen.has(name)) throw new FixpointError('request.malformed', `send one ${given} header, not several`);
    seen.add(name);
  }
}
