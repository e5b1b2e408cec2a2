import { isIP } from 'node:net';
import { FixpointError } from '../../errors.ts';
import type { HttpRequest } from '../../ports/http-client.ts';
import { problemOfHttpPath } from '../../value/http-path.ts';
import type { Json } from '../../value/json.ts';
import { printable } from '../../value/printable.ts';
import { resolveSecretMarkers, secretNamesIn } from '../../value/secret-marker.ts';
import type { Secret } from '../../value/secret.ts';
import { isRefusedHost } from './address.ts';

/** A declared HTTP service. `origin` is scheme, host and port, with a path under which all requests stay. */
export interface HttpConnection {
  readonly origin: string;
  /** Sent with every request, over what the request itself says. */
  readonly headers: Readonly<Record<string, string | (() => Secret)>>;
  /** `<cluster>/<namespace>/<name>` of a Service: requests may then go to one endpoint of it. */
  readonly endpoints?: string;
  /** Origin of an HTTP proxy that all requests go through. */
  readonly proxy?: string;
  /** Longest time of one request, whatever it asks for; ms. */
  readonly timeoutMs?: number;
}

/** What goes over the wire. `revealed` are the texts of all secrets in it. */
export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly revealed: readonly string[];
  /** Who an endpoint that is called by its address proves to be. */
  readonly servername?: string;
}

/** Headers that frame the message or choose the host are the client's own. */
const ownHeaders = /^(?:host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/i;
/** `__proto__` would not become a header but a prototype. */
const headerName = /^(?!__proto__$)[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;
const mostSent = 1024 * 1024;

/** Checks a request against its connection and puts secrets in: they enter here and nowhere before. Throws `http.refused`. */
export function outgoing(connection: HttpConnection, request: HttpRequest, reveal: (name: string) => string): Outgoing {
  const revealed: string[] = [];
  const show = (name: string) => {
    const text = reveal(name);
    revealed.push(text);
    return text;
  };
  const refuse = (problem: string) => new FixpointError('http.refused', `${request.method} on ${request.connection}: ${problem}`);
  const problem = problemOfHttpPath(request.path);
  if (problem !== undefined) throw refuse(`the path ${printable(request.path)} ${problem}`);
  const base = new URL(connection.origin);
  const prefix = base.pathname.replace(/\/$/, '');
  const path = inText(request.path, (name) => encodeURIComponent(show(name)));
  const url = new URL(prefix + path, base.origin);
  if (url.origin !== base.origin || !`${url.pathname}/`.startsWith(`${prefix}/`))
    throw refuse('the path leaves the origin of the connection');
  if (isRefusedHost(url.hostname.replaceAll(/^\[|\]$/g, ''))) throw refuse(`${url.hostname} is an address that is never called`);
  const headers: Record<string, string> = { 'user-agent': 'fixpoint' };
  if (request.address !== undefined) {
    const problemOfAddress = callByAddress(url, request.address, connection);
    if (problemOfAddress !== undefined) throw refuse(problemOfAddress);
    headers['host'] = base.host;
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (ownHeaders.test(name)) throw refuse(`the header ${printable(name)} cannot be set`);
    if (!headerName.test(name)) throw refuse(`${printable(name)} is no name of a header`);
    headers[name.toLowerCase()] = inText(value, show);
  }
  for (const [name, value] of Object.entries(connection.headers)) {
    const text = typeof value === 'string' ? value : value().reveal();
    if (typeof value !== 'string') revealed.push(text);
    headers[name.toLowerCase()] = text;
  }
  const bad = Object.entries(headers).find(([, value]) => /[^\t\x20-\x7e\x80-\xff]/.test(value));
  if (bad !== undefined) throw refuse(`the header ${printable(bad[0])} has characters that no header may have`);
  const body = request.body === undefined ? undefined : withSecrets(request.body, headers['content-type'], show);
  if (body !== undefined && Buffer.byteLength(body) > mostSent) throw refuse(`the body has more than ${mostSent} bytes`);
  const servername = request.address === undefined ? {} : { servername: base.hostname };
  return { url: url.href, headers, revealed, ...(body === undefined ? {} : { body }), ...servername };
}

/** Leads the request to an endpoint; answers what is wrong with that. */
function callByAddress(url: URL, address: string, { endpoints }: HttpConnection): string | undefined {
  if (endpoints === undefined) return 'the connection declares no endpoints';
  const match = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<four>[0-9.]+)):(?<port>\d{1,5})$/i.exec(address)?.groups;
  const host = match?.['six'] ?? match?.['four'] ?? '';
  const port = Number(match?.['port']);
  if (isIP(host) === 0 || isRefusedHost(host) || port === 0 || port > 65_535)
    return `${printable(address)} is an address that is never called`;
  url.hostname = match?.['six'] === undefined ? host : `[${host}]`;
  url.port = String(port);
  return undefined;
}

/** In JSON a secret becomes a JSON string, whatever its characters. */
function withSecrets(body: string, contentType: string | undefined, show: (name: string) => string): string {
  if (secretNamesIn(body).length === 0) return body;
  if (!/^application\/(?:[-\w.]+\+)?json\b/.test(contentType ?? '')) return inText(body, show);
  return JSON.stringify(resolveSecretMarkers(JSON.parse(body) as Json, show));
}

function inText(text: string, show: (name: string) => string): string {
  return resolveSecretMarkers(text, show) as string;
}

/** The text without the secrets that were sent, in any form they were sent in: a server may say back what it was told. */
export function redact(text: string, revealed: readonly string[]): string {
  const forms = revealed.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);
  const longestFirst = forms.filter((form) => form !== '').toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((clean, form) => clean.replaceAll(form, '[secret]'), text);
}
