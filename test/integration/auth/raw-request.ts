import { connect } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes as they are, head and all, and reads until the other side ends: what no HTTP library would send. */
export async function sendRaw(port: number, text: string, tls?: ConnectionOptions): Promise<RawAnswer> {
  const address = { host: '127.0.0.1', port };
  const socket = tls === undefined ? connect(address) : connectTls({ ...address, ...tls });
  const chunks: string[] = [];
  socket.setEncoding('utf8').on('data', (chunk: string) => void chunks.push(chunk));
  const ended = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.on('error', () => undefined).write(text);
  await ended;
  const [head = '', ...body] = chunks.join('').split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: body.join('\r\n\r\n') };
}

/** One request whose answer ends the connection. */
export function requestText(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'connection: close', ...headers, ...(body === '' ? [] : [`content-length: ${body.length}`]), '', body].join(
    '\r\n',
  );
}
