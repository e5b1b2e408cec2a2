import type * as Library from '@kubernetes/client-node';
import type { KubeConfig, RequestContext } from '@kubernetes/client-node';
import type { Dispatcher, RequestInit, WebSocketInit, fetch } from 'undici';
import { FixpointError, messageOf } from '../../errors.ts';
import { answerInTime } from '../answer-in-time.ts';
import { answerError, connectionError } from './api-error.ts';

/** How to reach a cluster: an address without credentials, a kubeconfig (file and context), or the account of the pod we run in. */
export type ClusterSettings =
  | { readonly kind: 'server'; readonly server: string }
  | { readonly kind: 'kubeconfig'; readonly file?: string; readonly context?: string }
  | { readonly kind: 'in-cluster' };

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** What readers and writers need of a cluster. */
export interface ClusterApi {
  /** The parsed JSON answer; throws `kubernetes.*`, and the signal's reason when it aborts. */
  send(request: ApiRequest): Promise<unknown>;
  /** The answer as it is, for what is not JSON. */
  sendForText(request: ApiRequest): Promise<string>;
  /** Opens a WebSocket; `kubernetes.*` where the server refuses it. */
  openSocket(request: SocketRequest): Promise<WebSocket>;
}

/** A cluster that is connected to. */
export interface ClusterLink extends ClusterApi {
  /** Loads what the first request would load. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

export interface SocketRequest {
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly protocol: string;
  readonly signal: AbortSignal;
}

interface Client {
  readonly library: typeof Library;
  readonly config: KubeConfig;
  readonly fetch: typeof fetch;
  openSocket(url: string, options: WebSocketInit): WebSocket;
}

/** Bytes of an answer; a longer one is given up. */
const mostRead = 32 * 1024 * 1024;
/** After this a program that gives a credential is given up, and the next request starts another, ms. */
const programTimeout = 60_000;

/** One cluster: authenticated requests over shared connections. The client library is loaded at the first call, for it is heavy. */
export class ClusterConnection implements ClusterLink {
  readonly #name: string;
  readonly #settings: ClusterSettings;
  #client: Promise<Client> | undefined;
  #dispatcher: Dispatcher | undefined;
  /** Ends when the program that gives the credential does, or is given up. */
  #program: Promise<void> | undefined;

  constructor(name: string, settings: ClusterSettings) {
    this.#name = name;
    this.#settings = settings;
  }

  /** Loads the client library and the credentials. */
  async warm(): Promise<void> {
    await this.#load();
  }

  async send(request: ApiRequest): Promise<unknown> {
    const text = await this.sendForText(request);
    return parse(text, `${request.method} ${request.path} on cluster ${this.#name}`);
  }

  async sendForText(request: ApiRequest): Promise<string> {
    const { method, path, signal } = request;
    const doing = `${method} ${path} on cluster ${this.#name}`;
    signal.throwIfAborted();
    try {
      const { library, config, fetch } = await this.#load();
      const context = this.#contextOf(library, config, request);
      await this.#authenticate(config, context, signal);
      await this.#shareConnections(context);
      const dispatcher = context.getDispatcher();
      // The library's own sending follows redirects, with the bodies of patches.
      const init: RequestInit = { method, headers: context.getHeaders(), signal, redirect: 'manual' };
      const answer = await fetch(context.getUrl(), {
        ...init,
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(dispatcher === undefined ? {} : { dispatcher }),
      });
      const text = await readText(answer.body, doing);
      if (answer.ok) return text;
      if (answer.status === 401) this.#forgetCredentials();
      const retryAfter = answer.headers.get('retry-after');
      throw answerError({ status: answer.status, body: text, doing, ...(retryAfter === null ? {} : { retryAfter }) });
    } catch (error) {
      signal.throwIfAborted();
      throw connectionError(error, doing);
    }
  }

  async openSocket({ path, query, protocol, signal }: SocketRequest): Promise<WebSocket> {
    const doing = `exec ${path} on cluster ${this.#name}`;
    signal.throwIfAborted();
    const { library, config, openSocket } = await this.#load();
    const context = this.#contextOf(library, config, { method: 'GET', path, signal });
    await this.#authenticate(config, context, signal);
    await this.#shareConnections(context);
    const dispatcher = context.getDispatcher();
    const url = `${context.getUrl().replace(/^http/, 'ws')}?${new URLSearchParams(query.map(([key, value]): [string, string] => [key, value])).toString()}`;
    const socket = openSocket(url, {
      protocols: [protocol],
      headers: context.getHeaders(),
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    socket.binaryType = 'arraybuffer';
    return await opened(socket, doing, signal);
  }

  /** Ends the connections, those in use too. */
  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
  }

  #contextOf(library: typeof Library, config: KubeConfig, { method, path, query = {}, contentType }: ApiRequest): RequestContext {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new FixpointError('kubernetes.unavailable', `cluster ${this.#name}: the kubeconfig names no server`);
    const context = new library.RequestContext(server.replace(/\/$/, '') + path, method);
    for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
    context.setHeaderParam('accept', 'application/json');
    if (contentType !== undefined) context.setHeaderParam('content-type', contentType);
    return context;
  }

  #load(): Promise<Client> {
    this.#client ??= this.#open().catch((error: unknown) => {
      this.#client = undefined;
      throw new FixpointError('kubernetes.unavailable', `cluster ${this.#name}: ${messageOf(error)}`, { cause: error });
    });
    return this.#client;
  }

  async #open(): Promise<Client> {
    const [library, undici] = await Promise.all([import('@kubernetes/client-node'), import('undici')]);
    const config = new library.KubeConfig();
    const settings = this.#settings;
    switch (settings.kind) {
      case 'server': {
        const cluster = { name: this.#name, server: settings.server, skipTLSVerify: settings.server.startsWith('http:') };
        const context = { name: 'main', cluster: this.#name, user: 'none' };
        config.loadFromOptions({ clusters: [cluster], users: [{ name: 'none' }], contexts: [context], currentContext: 'main' });
        break;
      }
      case 'in-cluster':
        config.loadFromCluster();
        break;
      case 'kubeconfig':
        if (settings.file === undefined) config.loadFromDefault();
        else config.loadFromFile(settings.file);
        if (settings.context !== undefined) config.setCurrentContext(settings.context);
    }
    requireServer(config, this.#name);
    return { library, config, fetch: undici.fetch, openSocket: (url, options) => new undici.WebSocket(url, options) };
  }

  /** A program that gives the credential may take as long as it likes: others wait for it, as long as they like, instead of starting it again. */
  async #authenticate(config: KubeConfig, context: RequestContext, signal: AbortSignal): Promise<void> {
    if (config.getCurrentUser()?.exec === undefined) return await config.applySecurityAuthentication(context);
    while (this.#program !== undefined) await answerInTime(this.#program, signal);
    const given = config.applySecurityAuthentication(context);
    this.#program = answerInTime(given, AbortSignal.timeout(programTimeout))
      .catch(() => undefined)
      .finally(() => {
        this.#program = undefined;
      });
    await answerInTime(given, signal);
  }

  /** The library makes a connection pool for every request once TLS options are set; all requests share the first one. */
  async #shareConnections(context: RequestContext): Promise<void> {
    const fresh = context.getDispatcher();
    if (fresh === undefined) return;
    if (this.#dispatcher === undefined) {
      this.#dispatcher = fresh;
      return;
    }
    context.setDispatcher(this.#dispatcher);
    await fresh.close();
  }

  /** A credential that is not accepted may have been replaced in its file: the next request reads it anew. */
  #forgetCredentials(): void {
    this.#client = undefined;
    const old = this.#dispatcher;
    this.#dispatcher = undefined;
    void old?.close();
  }
}

/** What the library would use where it found nothing. */
const nothingFound = { context: 'loaded-context', server: 'http://localhost:8080' };

/** The library refuses addresses without TLS at every request, in words that name no file and no way out. */
function requireServer(config: KubeConfig, name: string): void {
  const { server, skipTLSVerify } = config.getCurrentCluster() ?? {};
  if (server === nothingFound.server && config.currentContext === nothingFound.context)
    throw new Error(
      `no kubeconfig was found (looked at KUBECONFIG, ~/.kube/config and the account of a pod): set KUBECONFIG, or name one in fixpoint.yaml under clusters.${name}.kubeconfig`,
    );
  if (server?.startsWith('http:') === true && !skipTLSVerify)
    throw new Error(
      `its kubeconfig names ${server}, which is without TLS: name that address in fixpoint.yaml under clusters.${name}.server, if its API needs no credential`,
    );
}

/** Resolves when the server has agreed. Why it did not, a WebSocket does not say. */
function opened(socket: WebSocket, doing: string, signal: AbortSignal): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal.reason as Error);
      socket.close();
    };
    signal.addEventListener('abort', stop, { once: true });
    const refused = () => {
      signal.removeEventListener('abort', stop);
      reject(new FixpointError('kubernetes.unavailable', `${doing}: the connection was not opened (right, pod or network?)`));
    };
    socket.addEventListener('error', refused, { once: true });
    socket.addEventListener('close', refused, { once: true });
    socket.addEventListener(
      'open',
      () => {
        signal.removeEventListener('abort', stop);
        socket.removeEventListener('error', refused);
        socket.removeEventListener('close', refused);
        resolve(socket);
      },
      { once: true },
    );
  });
}

async function readText(stream: ReadableStream<Uint8Array> | null, doing: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    size += chunk.byteLength;
    if (size > mostRead) throw new FixpointError('kubernetes.invalid', `${doing}: the answer has more than ${mostRead} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, doing: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the answer.
    throw new FixpointError('kubernetes.unavailable', `${doing}: the answer is not JSON`);
  }
}
