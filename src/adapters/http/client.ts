import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { AxiosError, type AxiosInstance } from 'axios';
import { FixpointError, messageOf } from '../../errors.ts';
import type { HttpAnswer, HttpReader, HttpRequest, HttpWriter } from '../../ports/http-client.ts';
import { printable } from '../../value/printable.ts';
import { isRequestPath } from '../../value/request-path.ts';
import { resolveSecretMarkers, secretNamesIn } from '../../value/secret-marker.ts';
import type { Secret } from '../../value/secret.ts';
import { formatTarget } from '../../value/target.ts';
import { checkedLookup, isRefusedAddress } from './address.ts';
import { readStart } from './read-start.ts';
import { requestHeaders } from './request-headers.ts';

/** A declared HTTP service. `origin` is scheme, host and port, with a path under which all requests stay. */
export interface HttpConnection {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string | (() => Secret)>>;
}

export interface HttpClientOptions {
  readonly connections: ReadonlyMap<string, HttpConnection>;
  /** The text of a secret; throws `secret.unavailable`. */
  readonly reveal: (name: string) => string;
}

/** Kept of an answer's body, bytes; what comes after it is not read. */
const mostKept = 64 * 1024;
/** Sent at most, bytes. */
const mostSent = 1024 * 1024;

/** Requests to declared origins only: no redirects, no proxies from the environment, bounded in time and size. */
export class HttpClient implements HttpReader {
  readonly #connections: ReadonlyMap<string, HttpConnection>;
  readonly #reveal: (name: string) => string;
  readonly #agents = { http: new HttpAgent({ keepAlive: true, maxSockets: 20 }), https: new HttpsAgent({ keepAlive: true, maxSockets: 20 }) };
  readonly #axios: AxiosInstance;

  constructor({ connections, reveal }: HttpClientOptions) {
    this.#connections = connections;
    this.#reveal = reveal;
    this.#axios = axios.create({
      maxRedirects: 0,
      proxy: false,
      httpAgent: this.#agents.http,
      httpsAgent: this.#agents.https,
      responseType: 'stream',
      validateStatus: () => true,
      maxBodyLength: mostSent,
      lookup: checkedLookup as never,
    });
  }

  targetOf(connection: string): string | undefined {
    const declared = this.#connections.get(connection);
    if (declared === undefined) return undefined;
    const { hostname, port, protocol } = new URL(declared.origin);
    return formatTarget({ technology: 'http', host: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) });
  }

  async read(request: HttpRequest & { readonly method: 'GET' | 'HEAD' }, signal: AbortSignal): Promise<HttpAnswer> {
    return await this.#request(request, signal);
  }

  /** A writer that asks `permit`, naming how long the request may take, before it sends anything. */
  writer(permit: (neededMs: number) => Promise<void>): HttpWriter {
    return {
      send: async (request, signal) => {
        await permit(request.timeoutMs);
        return await this.#request(request, signal);
      },
    };
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const { connection, method, timeoutMs } = request;
    const doing = `${method} ${printablePath(request.path)} on ${printable(connection).slice(1, -1)}`;
    const declared = this.#connections.get(connection);
    if (declared === undefined) throw new FixpointError('http.refused', `${doing}: no connection has this name (http: in fixpoint.yaml)`);
    const { url, headers, body } = this.#resolve(declared, request, doing);
    const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const answer = await this.#axios.request({ url, method, headers, signal: ends, ...(body === undefined ? {} : { data: body }) });
      const { text, truncated } = await readStart(answer.data, { most: mostKept, signal: ends });
      return { status: answer.status, headers: lowerCased(answer.headers), body: text, truncated };
    } catch (error) {
      signal.throwIfAborted();
      throw ends.aborted ? new FixpointError('http.unavailable', `${doing}: no answer within ${timeoutMs} ms`) : translate(error, doing);
    }
  }

  /** Secrets enter here and nowhere before. */
  #resolve({ origin, headers: fixed }: HttpConnection, { path, headers = {}, body }: HttpRequest, doing: string) {
    if (!isRequestPath(path)) throw new FixpointError('http.refused', `${doing}: the path must start with one /, be printable ASCII, and not climb`);
    const base = new URL(origin);
    const prefix = base.pathname.replace(/\/$/, '');
    const url = new URL(prefix + path, base.origin);
    if (url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`)) throw new FixpointError('http.refused', `${doing}: the path leaves the connection's origin`);
    if (isRefusedAddress(url.hostname.replace(/^\[|\]$/g, ''))) throw new FixpointError('http.refused', `${doing}: ${url.hostname} is never called`);
    const revealed = Object.entries(fixed).map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : value().reveal()]);
    const given = Object.entries(headers).map(([name, value]): [string, string] => [name, this.#withSecrets(value, (secret) => secret)]);
    const all = requestHeaders([...given, ...revealed], doing);
    if (body === undefined) return { url: url.href, headers: all, body };
    const isJson = /^application\/(?:[^;]*\+)?json\b/i.test(all['content-type'] ?? '');
    // In a JSON body every marker stands within a string.
    const escaped = (secret: string) => (isJson ? JSON.stringify(secret).slice(1, -1) : secret);
    return { url: url.href, headers: all, body: this.#withSecrets(body, escaped) };
  }

  #withSecrets(text: string, written: (secret: string) => string): string {
    return secretNamesIn(text).length === 0 ? text : String(resolveSecretMarkers(text, (name) => written(this.#reveal(name))));
  }
}

/** Axios errors carry the whole request, secrets included: only the code of what went wrong gets out. */
function translate(error: unknown, doing: string): FixpointError {
  if (error instanceof FixpointError) return error;
  const cause: unknown = error instanceof AxiosError ? error.cause : undefined;
  if (cause instanceof FixpointError) return new FixpointError(cause.code, `${doing}: ${cause.message}`);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === 'ERR_FR_MAX_BODY_LENGTH_EXCEEDED' || code === 'ERR_BAD_REQUEST') return new FixpointError('http.refused', `${doing}: the body is over ${mostSent} bytes`);
  return new FixpointError('http.unavailable', `${doing}: ${code ?? messageOf(error)}`);
}

function lowerCased(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** Queries may carry what is nobody's business. */
function printablePath(path: string): string {
  return printable(path.split('?')[0] ?? '', 200).replace(/^"|"$/g, '');
}
