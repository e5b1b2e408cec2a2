import { Readable } from 'node:stream';
import type { HttpWire } from '../adapters/http/http-wire.ts';
import type { ClusterLink } from '../adapters/kubernetes/connection.ts';
import { answerError, connectionError } from '../adapters/kubernetes/api-error.ts';
import { FixpointError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../sandbox/listen.ts';

/** How long a request to the Kubernetes API may take that nothing else bounds, ms of the test's time. */
const patience = 30_000;

/** HTTP requests of the adapters, answered by a function; what is late is late by the test's clock. */
export function inProcessHttp(
  clock: Clock,
  answer: (url: URL, request: SandboxRequest, signal: AbortSignal) => Promise<SandboxResponse>,
): HttpWire {
  return {
    timeout: (ms) => timeoutOn(clock, ms),
    async adapter(config) {
      const url = new URL(config.url ?? '');
      const signal = config.signal instanceof AbortSignal ? config.signal : new AbortController().signal;
      const headers = Object.fromEntries(
        Object.entries(config.headers.toJSON()).map(([name, value]) => [name.toLowerCase(), String(value)]),
      );
      const body = config.data === undefined || config.data === null ? '' : String(config.data);
      const request = { method: (config.method ?? 'get').toUpperCase(), path: url.pathname, query: url.searchParams, headers, body };
      const response = await answer(url, request, signal);
      const text = await textOf(response);
      const data = config.responseType === 'stream' ? Readable.from([Buffer.from(text)]) : text;
      return { data, status: response.status, statusText: '', headers: { ...response.headers }, config };
    },
  };
}

/** A cluster that a function answers for. */
export function inProcessCluster(clock: Clock, name: string, handle: SandboxHandler): ClusterLink {
  async function sendForText({
    method,
    path,
    query = {},
    contentType,
    body = '',
    signal,
  }: Parameters<ClusterLink['send']>[0]): Promise<string> {
    const doing = `${method} ${path} on cluster ${name}`;
    signal.throwIfAborted();
    const late = timeoutOn(clock, patience);
    const request = {
      method,
      path,
      body,
      query: new URLSearchParams(query),
      headers: {
        accept: 'application/json',
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
    };
    try {
      const response = await handle(request, AbortSignal.any([signal, late.signal]));
      const text = await textOf(response);
      if (response.status >= 200 && response.status < 300) return text;
      const retryAfter = response.headers['retry-after'];
      throw answerError({ status: response.status, body: text, doing, ...(retryAfter === undefined ? {} : { retryAfter }) });
    } catch (error) {
      signal.throwIfAborted();
      throw connectionError(late.signal.aborted ? new Error('no answer') : error, doing);
    } finally {
      late.stop();
    }
  }

  return {
    sendForText,
    async send(request) {
      const text = await sendForText(request);
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new FixpointError('kubernetes.unavailable', `${request.method} ${request.path} on cluster ${name}: the answer is not JSON`);
      }
    },
    async openSocket({ path, query, protocol, signal }) {
      const headers = { 'upgrade': 'websocket', 'sec-websocket-protocol': protocol };
      const request = {
        method: 'GET',
        path,
        query: new URLSearchParams(query.map(([key, value]): [string, string] => [key, value])),
        headers,
        body: '',
      };
      const response = await handle(request, signal);
      if (!('talk' in response))
        throw new FixpointError('kubernetes.unavailable', `exec ${path} on cluster ${name}: the connection was not opened`);
      return new SpokenSocket(response.talk) as unknown as WebSocket;
    },
    warm: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** What a client needs of a WebSocket whose server says all it has to say at once. */
class SpokenSocket extends EventTarget {
  #isOpen = true;

  constructor({ frames, end }: Extract<SandboxResponse, { readonly talk: unknown }>['talk']) {
    super();
    // Once whoever opened it listens.
    setImmediate(() => {
      for (const frame of frames) {
        const copy = new Uint8Array(frame);
        if (this.#isOpen) this.dispatchEvent(new MessageEvent('message', { data: copy.buffer }));
      }
      if (end !== 'never' && this.#isOpen) this.dispatchEvent(new Event('close'));
    });
  }

  close(): void {
    this.#isOpen = false;
  }
}

async function textOf(response: SandboxResponse): Promise<string> {
  if ('body' in response) return response.body;
  if ('talk' in response) return '';
  let text = '';
  for await (const piece of response.stream) text += piece;
  return text;
}

/** One for all: an error with a stack for each request that is in time would be most of what a test does. */
const lateReason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');

function timeoutOn(clock: Clock, ms: number): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const timer = clock.after(ms, () => controller.abort(lateReason));
  return { signal: controller.signal, stop: () => timer.stop() };
}
