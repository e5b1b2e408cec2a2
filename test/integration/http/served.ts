import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { listening, type Listening } from '../../support/listening.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Served extends Omit<Listening, 'server'> {
  readonly seen: readonly SeenRequest[];
  /** TCP connections accepted so far. */
  connections(): number;
}

/** A real HTTP server on loopback that keeps what it was asked. */
export async function serve(answer: (request: SeenRequest, response: ServerResponse) => void): Promise<Served> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const { server, ...address } = await listening((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(request);
      answer(request, response);
    });
  });
  server.on('connection', () => void connections++);
  return { ...address, seen, connections: () => connections };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
