import { FixpointError } from '../errors.ts';

interface Headers {
  readonly 'host'?: string | undefined;
  readonly 'origin'?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/**
 * An open API on loopback trusts whoever can reach it, so a browser must not lend its reach to other sites: the host has to
 * be a loopback name (DNS rebinding) and the origin, if there is one, our own. Throws `request.cross-site`.
 */
export function assertLocal(headers: Headers, allowedHosts: readonly string[]): void {
  const { host } = headers;
  if (host === undefined || !isLocalHost(host, allowedHosts)) {
    throw new FixpointError(
      'request.cross-site',
      `the host ${JSON.stringify((host ?? '').slice(0, 100))} is no name of this machine; use localhost`,
    );
  }
  assertOwnSite(headers);
}

/** The same about the origin alone, for credentials that a browser sends by itself, as certificates are. Throws `request.cross-site`. */
export function assertOwnSite({ host, origin, 'sec-fetch-site': site }: Headers): void {
  if (site !== 'cross-site' && (origin === undefined || origin === `http://${host}` || origin === `https://${host}`)) return;
  throw new FixpointError(
    'request.cross-site',
    `the request comes from ${JSON.stringify((origin ?? 'another site').slice(0, 100))}, not from ${JSON.stringify((host ?? '').slice(0, 100))}`,
  );
}

function isLocalHost(host: string, allowedHosts: readonly string[]): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name) || allowedHosts.includes(name);
}
