import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { AxiosError, type AxiosInstance } from 'axios';
import { FixpointError, messageOf } from '../../errors.ts';
import type { HttpAnswer, HttpReader, HttpRequest, HttpWriter } from '../../ports/http-client.ts';
import { resolveSecretMarkers, secretNamesIn } from '../../value/secret-marker.ts';
import type { Secret } from '../../value/secret.ts';
import { formatTarget } from '../../value/target.ts';
import { checkedLookup, isRefusedAddress } from './address.ts';

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

/** Kept of a body, bytes; what comes after it is not read. */
const mostKept = 64 * 1024;
const mostRead = 1024 * 1024;

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
      responseType: 'text',
      transformResponse: (text: string) => text,
      validateStatus: () => true,
      maxContentLength: mostRead,
      maxBodyLength: mostRead,
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
    const { connection, method, timeoutMs } = request;
    const doing = `${method} ${printablePath(request.path)} on ${connection}`;
    const declared = this.#connections.get(connection);
    if (declared === undefined) throw new FixpointError('http.refused', `no connection is named ${connection} (http: in fixpoint.yaml)`);
    const { url, headers, body } = this.#resolve(declared, request, doing);
    try {
      const answer = await this.#axios.request<string>({
        url,
        method,
        headers,
        timeout: timeoutMs,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        ...(body === undefined ? {} : { data: body }),
      });
      const text = typeof answer.data === 'string' ? answer.data : '';
      return { status: answer.status, headers: lowerCased(answer.headers), body: text.slice(0, mostKept), truncated: text.length > mostKept };
    } catch (error) {
      signal.throwIfAborted();
      throw translate(error, doing);
    }
  }

  /** Secrets enter here and nowhere before. */
  #resolve({ origin, headers: fixed }: HttpConnection, { path, headers = {}, body }: HttpRequest, doing: string) {
    if (!path.startsWith('/') || path.startsWith('//') || /[\r\n\\]/.test(path)) throw new FixpointError('http.refused', `${doing}: the path must start with one / and stay on one line`);
    const base = new URL(origin);
    const prefix = base.pathname.replace(/\/$/, '');
    const url = new URL(prefix + path, base.origin);
    if (url.origin !== base.origin || !(url.pathname === prefix || url.pathname.startsWith(`${prefix}/`))) throw new FixpointError('http.refused', `${doing}: the path leaves the connection's origin`);
    if (isRefusedAddress(url.hostname.replace(/^\[|\]$/g, ''))) throw new FixpointError('http.refused', `${doing}: ${url.hostname} is never called`);
    const revealed = Object.entries(fixed).map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : value().reveal()]);
    const given = Object.entries(headers).map(([name, value]): [string, string] => [name, this.#withSecrets(value)]);
    const all = [...given, ...revealed];
    const bad = all.find(([name, value]) => /[\r\n]/.test(name + value));
    if (bad !== undefined) throw new FixpointError('http.refused', `${doing}: header ${JSON.stringify(bad[0])} has a line break`);
    return { url: url.href, headers: Object.fromEntries(all), body: body === undefined ? undefined : this.#withSecrets(body) };
  }

  #withSecrets(text: string): string {
    return secretNamesIn(text).length === 0 ? text : String(resolveSecretMarkers(text, this.#reveal));
  }
}

/** Axios errors carry the whole request, secrets included: only the code and text of what went wrong get out. */
function translate(error: unknown, doing: string): FixpointError {
  if (error instanceof FixpointError) return error;
  const cause: unknown = error instanceof AxiosError ? error.cause : undefined;
  if (cause instanceof FixpointError) return cause;
  const code = error instanceof AxiosError ? error.code : undefined;
  if (code === 'ERR_BAD_RESPONSE') return new FixpointError('http.unexpected-answer', `${doing}: ${messageOf(error)}`);
  const isTimeout = code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ERR_CANCELED';
  return new FixpointError('http.unavailable', `${doing}: ${isTimeout ? 'no answer in time' : (code ?? messageOf(error))}`);
}

function lowerCased(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function printablePath(path: string): string {
  return JSON.stringify(path.split('?')[0]?.slice(0, 200)).slice(1, -1);
}
