import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Exchange } from './recording.ts';

export interface Asked {
  readonly method: string;
  /** As it came over the wire. */
  readonly url: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export type Answer = Exchange['response'] | 'silence' | 'half';

export interface Replay extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
  connections(): number;
}

/** An API server that answers each request as `answer` says, mostly with what has been recorded. */
export async function replay(answer: (asked: Asked) => Answer, tls?: { readonly key: string; readonly cert: string }): Promise<Replay> {
  const asked: Asked[] = [];
  let connections = 0;
  const listener: RequestListener = (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = incoming.url ?? '';
      const query = Object.fromEntries(new URL(url, 'http://api').searchParams);
      const text = Buffer.concat(chunks).toString();
      const body = text === '' ? undefined : (JSON.parse(text) as unknown);
      const request = { method: incoming.method ?? '', url, path: url.split('?')[0] ?? '', query, headers: incoming.headers, body };
      asked.push(request);
      const given = answer(request);
      if (given === 'silence') return;
      if (given === 'half') {
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
          .write('{"kind":"Deployment","metadata":{');
        setImmediate(() => response.destroy());
        return;
      }
      response
        .writeHead(given.status, { ...given.headers })
        .end(typeof given.body === 'string' ? given.body : given.body === null ? '' : JSON.stringify(given.body));
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on(tls === undefined ? 'connection' : 'secureConnection', () => void connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with the recorded success of the same method and path. */
export function recorded(exchanges: readonly Exchange[]): (asked: Asked) => Answer {
  return ({ method, path }) => {
    const found = exchanges.find(({ request, response }) => request.method === method && request.path === path && response.status < 300);
    if (found === undefined) throw new Error(`${method} ${path} was never recorded`);
    return found.response;
  };
}
