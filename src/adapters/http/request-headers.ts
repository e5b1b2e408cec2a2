import { FixpointError } from '../../errors.ts';

/** Headers that belong to the connection itself: given by a rule they would speak to another host or cut requests differently. */
const own = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'expect', 'keep-alive', 'proxy-authorization', 'proxy-connection']);

/** Headers by lower-case name, later ones win; `http.refused` for what no header may hold. Values are never shown. */
export function requestHeaders(given: readonly (readonly [string, string])[], doing: string): Record<string, string> {
  for (const [name, value] of given) {
    const shown = JSON.stringify(name.slice(0, 100));
    if (!/^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(name) || name === '__proto__') throw new FixpointError('http.refused', `${doing}: ${shown} is no name of a header`);
    if (own.has(name.toLowerCase())) throw new FixpointError('http.refused', `${doing}: header ${shown} is not for rules to set`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new FixpointError('http.refused', `${doing}: header ${shown} has a line break or a character that headers cannot carry`);
  }
  return Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]));
}
