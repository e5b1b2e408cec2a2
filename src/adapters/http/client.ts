import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { addAbortSignal, type Readable } from 'node:stream';
import { AxiosError, create, type AxiosInstance } from 'axios';
import { FixpointError, messageOf } from '../../errors.ts';
import type { HttpAnswer, HttpReader, HttpRequest, HttpWriter } from '../../ports/http-client.ts';
import { printable } from '../../value/printable.ts';
import { formatTarget } from '../../value/target.ts';
import { checkedLookup, type ResolveName } from './address.ts';
import { overSockets, type HttpWire } from './http-wire.ts';
import { outgoing, redact, type HttpConnection, type Outgoing } from './outgoing.ts';

export interface HttpClientOptions {
  readonly connections: ReadonlyMap<string, HttpConnection>;
  /** The text of a secret; throws `secret.unavailable`. */
  readonly reveal: (name: string) => string;
  /** The system's resolver unless told. */
  readonly resolve?: ResolveName;
  readonly wire?: HttpWire | undefined;
}

/** Kept of a body, bytes; what comes after it is not read. */
const mostKept = 64 * 1024;

const mostConnections = 20;

/** Requests to declared origins only: no redirects, no proxies from the environment, bounded in time and size. */
export class HttpClient implements HttpReader {
  readonly #connections: ReadonlyMap<string, HttpConnection>;
  readonly #reveal: (name: string) => string;
  readonly #wire: HttpWire;
  readonly #agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: mostConnections }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: mostConnections }),
  };
  /** For endpoints that are called by their address and prove another name. */
  readonly #named = new Map<string, HttpsAgent>();
  readonly #axios: AxiosInstance;

  constructor({ connections, reveal, resolve, wire = overSockets }: HttpClientOptions) {
    this.#connections = connections;
    this.#reveal = reveal;
    this.#wire = wire;
    this.#axios = create({
      ...(wire.adapter === undefined ? {} : { adapter: wire.adapter }),
      maxRedirects: 0,
      proxy: false,
      httpAgent: this.#agents.http,
      httpsAgent: this.#agents.https,
      responseType: 'stream',
      validateStatus: () => true,
      // Its type leaves out the form of Node's own lookup, which is what is called.
      lookup: checkedLookup(resolve) as never,
    });
  }

  targetOf(connection: string): string | undefined {
    const declared = this.#connections.get(connection);
    if (declared === undefined) return undefined;
    const { hostname, port, protocol } = new URL(declared.origin);
    return formatTarget({ technology: 'http', host: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) });
  }

  endpointsOf(connection: string): string | undefined {
    return this.#connections.get(connection)?.endpoints;
  }

  async read(request: HttpRequest & { readonly method: 'GET' | 'HEAD' }, signal: AbortSignal): Promise<HttpAnswer> {
    const { declared, wire } = this.#prepare(request);
    return await this.#send(request, { wire, proxy: declared.proxy, timeoutMs: timeoutOf(declared, request), signal });
  }

  /** A writer that asks `permit`, naming how long the request may take, right before it sends. */
  writer(permit: (neededMs: number) => Promise<void>): HttpWriter {
    return {
      send: async (request, signal) => {
        const { declared, wire } = this.#prepare(request);
        const timeoutMs = timeoutOf(declared, request);
        await permit(timeoutMs);
        return await this.#send(request, { wire, proxy: declared.proxy, timeoutMs, signal });
      },
    };
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
    for (const agent of this.#named.values()) agent.destroy();
  }

  #agentFor(servername: string): HttpsAgent {
    const known = this.#named.get(servername) ?? new HttpsAgent({ keepAlive: true, maxSockets: mostConnections, servername });
    this.#named.set(servername, known);
    return known;
  }

  #prepare(request: HttpRequest): { readonly declared: HttpConnection; readonly wire: Outgoing } {
    const declared = this.#connections.get(request.connection);
    if (declared === undefined) {
      throw new FixpointError('http.refused', `no connection is named ${printable(request.connection)} (http: in fixpoint.yaml)`);
    }
    return { declared, wire: outgoing(declared, request, this.#reveal) };
  }

  async #send(
    { connection, method, path }: HttpRequest,
    { wire, proxy, timeoutMs, signal }: { wire: Outgoing; proxy: string | undefined; timeoutMs: number; signal: AbortSignal },
  ): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const { url, headers, body, revealed, servername } = wire;
    const limit = this.#wire.timeout(timeoutMs);
    const ended = AbortSignal.any([signal, limit.signal]);
    try {
      const answer = await this.#axios.request<Readable>({
        url,
        method,
        headers,
        signal: ended,
        ...(body === undefined ? {} : { data: body }),
        ...(proxy === undefined ? {} : { proxy: proxyOf(proxy) }),
        ...(servername === undefined ? {} : { httpsAgent: this.#agentFor(servername) }),
      });
      const { text, truncated } = await readBody(answer.data, ended);
      const kept = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), redact(String(value), revealed)] as const);
      return { status: answer.status, headers: Object.fromEntries(kept), body: redact(text, revealed), truncated };
    } catch (error) {
      signal.throwIfAborted();
      const doing = `${method} ${printable(path.split('?', 1)[0], 200)} on ${connection}`;
      throw translate(error, { doing, timedOut: ended.aborted ? timeoutMs : undefined, revealed });
    } finally {
      limit.stop();
    }
  }
}

function proxyOf(origin: string): { protocol: string; host: string; port: number } {
  const { hostname, port } = new URL(origin);
  return { protocol: 'http', host: hostname, port: port === '' ? 80 : Number(port) };
}

function timeoutOf(connection: HttpConnection, request: HttpRequest): number {
  return Math.min(request.timeoutMs, connection.timeoutMs ?? request.timeoutMs);
}

async function readBody(stream: Readable, signal: AbortSignal): Promise<{ text: string; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of addAbortSignal(signal, stream) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > mostKept) break;
  }
  const truncated = size > mostKept;
  // A character that the cut would split is left out.
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, mostKept), { stream: truncated });
  return { text, truncated };
}

/** Axios errors carry the whole request, secrets included: only the code or the text of what went wrong gets out. */
function translate(
  error: unknown,
  { doing, timedOut, revealed }: { doing: string; timedOut: number | undefined; revealed: readonly string[] },
): FixpointError {
  const cause: unknown = error instanceof AxiosError && error.cause !== undefined ? error.cause : error;
  if (cause instanceof FixpointError) return cause;
  if (timedOut !== undefined) return new FixpointError('http.unavailable', `${doing}: no whole answer within ${timedOut} ms`);
  return new FixpointError('http.unavailable', `${doing}: ${redact(messageOf(cause), revealed)}`);
}
