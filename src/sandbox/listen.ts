import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { talkOver } from './web-socket.ts';
import type { WebSocketTalk } from './web-socket.ts';

/** One request to a simulated service, its body read whole. */
export interface SandboxRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A whole answer, one that streams until its source ends (a stream that throws cuts the connection), or a WebSocket. */
export type SandboxResponse =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly stream: AsyncIterable<string> }
  | { readonly status: 101; readonly headers: Readonly<Record<string, string>>; readonly talk: WebSocketTalk };

/** Answers one request; the signal aborts when the caller has gone. */
export type SandboxHandler = (request: SandboxRequest, signal: AbortSignal) => Promise<SandboxResponse>;

const largestBodyBytes = 4 * 1024 * 1024;

/** Serves a handler on 127.0.0.1, by default on a free port; `close` ends open streams and sockets. */
export async function listen(
  handle: SandboxHandler,
  options: { readonly port?: number } = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const open = new Set<AbortController>();
  const server = createServer((incoming, outgoing) => {
    const gone = new AbortController();
    open.add(gone);
    outgoing.once('close', () => {
      open.delete(gone);
      gone.abort();
    });
    answer({ incoming, outgoing, handle, signal: gone.signal }).catch(() => outgoing.destroy());
  });
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    upgrade(incoming, socket, handle).catch(() => socket.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const gone of open) gone.abort();
      for (const socket of upgraded) socket.destroy();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A request for a WebSocket; where there is none to be had, the answer is an ordinary one. */
async function upgrade(incoming: IncomingMessage, socket: Duplex, handle: SandboxHandler): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  const headers = readHeaders(incoming);
  const request = { method: incoming.method ?? 'GET', path: url.pathname, query: url.searchParams, headers, body: '' };
  const response = await handle(request, new AbortController().signal);
  if ('talk' in response) return talkOver(socket, headers['sec-websocket-key'] ?? '', response.talk);
  const body = 'body' in response ? response.body : '';
  const head = [`HTTP/1.1 ${response.status} Refused`, 'connection: close', `content-length: ${Buffer.byteLength(body)}`];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

async function answer(call: {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  handle: SandboxHandler;
  signal: AbortSignal;
}): Promise<void> {
  const { incoming, outgoing, handle, signal } = call;
  const body = await readBody(incoming);
  if (body === undefined) {
    outgoing.writeHead(413, { 'content-type': 'text/plain', 'connection': 'close' }).end('request body too large');
    return;
  }
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  // As for any proxy, a whole address in the first line says more than the header.
  const headers = { ...readHeaders(incoming), ...(url.host === 'sandbox' ? {} : { host: url.host }) };
  const response = await handle({ method: incoming.method ?? 'GET', path: url.pathname, query: url.searchParams, headers, body }, signal);
  if ('body' in response) {
    outgoing
      .writeHead(response.status, { ...response.headers, 'content-length': String(Buffer.byteLength(response.body)) })
      .end(response.body);
    return;
  }
  if ('talk' in response) throw new Error('a WebSocket was answered to an ordinary request');
  outgoing.writeHead(response.status, response.headers);
  outgoing.flushHeaders();
  for await (const chunk of response.stream) {
    if (signal.aborted) return;
    if (!outgoing.write(chunk)) await once(outgoing, 'drain', { signal });
  }
  outgoing.end();
}

async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
