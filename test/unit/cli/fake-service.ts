import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Terminal } from '../../../src/cli/command.ts';
import { runCommand } from '../../../src/cli/run-command.ts';

export interface Answer {
  readonly status?: number;
  /** Sent as JSON; a text as it is. */
  readonly body: unknown;
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface FakeService {
  readonly url: string;
  readonly asked: readonly Asked[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** A service that gives these answers by `METHOD /path` and keeps what it was asked. */
export async function fakeService(answers: Readonly<Record<string, Answer>>): Promise<FakeService> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', url = '' } = request;
      asked.push({ method, url, authorization: request.headers.authorization, body: text === '' ? undefined : JSON.parse(text) });
      const { status = 200, body } = answers[`${method} ${url}`] ?? { status: 404, body: { code: 'not-found', detail: `no ${url}` } };
      response.writeHead(status, { connection: 'close' }).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export interface Ran {
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

/** Runs `fixpoint` with these arguments, in this process. */
export async function fixpoint(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    print: (line) => void out.push(line),
    say: (line) => void err.push(line),
    isTerminal: false,
    environment,
  };
  const code = await runCommand(args, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}
