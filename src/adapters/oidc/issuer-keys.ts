import { readFileSync } from 'node:fs';
import type { JSONWebKeySet } from 'jose';
import type { OidcConfig } from '../../config/config.ts';
import { FixpointError, messageOf } from '../../errors.ts';
import { printable } from '../../value/printable.ts';
import { JsonApi } from '../http/json-api.ts';

const mostKeys = 100;
const mostRead = 1_048_576;

/** The keys that an issuer publishes now, found by its discovery document. The file of authorities is read each time. Throws `auth.unavailable`. */
export async function issuerKeys({ issuer, ca }: Pick<OidcConfig, 'issuer' | 'ca'>, signal: AbortSignal): Promise<JSONWebKeySet> {
  const authorities = ca === undefined ? {} : { ca: readAuthorities(ca) };
  const read = async (base: string, path: string): Promise<Readonly<Record<string, unknown>>> => {
    const api = new JsonApi(base, undefined, { mostRead, ...authorities });
    const { status, body } = await api.send({ method: 'GET', path, signal, code: 'auth.unavailable' });
    if (status !== 200 || typeof body !== 'object' || body === null) throw unfit(`it answers ${status} at ${base}${path}`);
    return body as Readonly<Record<string, unknown>>;
  };
  const discovered = await read(issuer.replace(/\/$/, ''), '/.well-known/openid-configuration');
  if (discovered['issuer'] !== issuer) throw unfit(`it says that it is ${printable(discovered['issuer'])}`);
  const { jwks_uri: place } = discovered;
  if (typeof place !== 'string' || !isAsSafe(place, issuer)) throw unfit(`its jwks_uri is ${printable(place)}; expected https`);
  return keySetOf(await read(place, ''));
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unfit(`its authorities cannot be read: ${messageOf(error)}`);
  }
}

/** Keys come as safely as the issuer itself is reached. */
function isAsSafe(place: string, issuer: string): boolean {
  const protocol = URL.parse(place)?.protocol;
  return protocol === 'https:' || (protocol === 'http:' && issuer.startsWith('http:'));
}

/** Public keys only; what is no key is passed over. */
function keySetOf(body: Readonly<Record<string, unknown>>): JSONWebKeySet {
  const { keys } = body;
  if (!Array.isArray(keys)) throw unfit('its key set has no keys');
  const isPublic = (key: unknown) =>
    typeof key === 'object' && key !== null && 'kty' in key && ['RSA', 'EC', 'OKP'].includes(String(key.kty));
  return { keys: (keys as readonly unknown[]).filter(isPublic).slice(0, mostKeys) } as JSONWebKeySet;
}

function unfit(message: string): FixpointError {
  return new FixpointError('auth.unavailable', message);
}
