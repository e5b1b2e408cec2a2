import type { ParseArgsOptionsConfig } from 'node:util';
import { errorCatalogue, FixpointError, messageOf, type ErrorCode } from '../errors.ts';
import { textOption, UsageError, type Invocation } from './command.ts';
import { oneLine } from './terminal-text.ts';

/** Options of commands that talk to a running service. */
export const serverOptions: ParseArgsOptionsConfig = { server: { type: 'string' } };

const timeoutMs = 15_000;

export interface ServerCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/**
 * A request to the service at `--server` or FIXPOINT_SERVER, with FIXPOINT_TOKEN. Throws what the problem document says, under
 * its own code; `timeout` where nobody answers.
 */
export async function callServer({ values, environment }: Invocation, { method, path, body }: ServerCall): Promise<unknown> {
  const server = serverAddress(textOption(values, 'server') ?? environment['FIXPOINT_SERVER'] ?? 'http://127.0.0.1:8080');
  const token = environment['FIXPOINT_TOKEN']?.trim();
  const headers = {
    ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  let response: Response;
  let text: string;
  try {
    response = await fetch(server + path, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
    throw new FixpointError('timeout', `no answer from ${server} (${cause}); is Fixpoint running there? --server names another`, {
      cause: error,
    });
  }
  const answer = text === '' ? {} : parsed(text);
  if (!response.ok) throw refusal(response.status, answer);
  if (answer === undefined) throw new FixpointError('not-found', `what answers at ${server} is not Fixpoint; --server names another`);
  return answer;
}

function serverAddress(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError(`the server is an address such as http://127.0.0.1:8080, not ${JSON.stringify(text)}`);
  return text.replace(/\/+$/, '');
}

/** The refusal as the problem document tells it; a proxy's or a newer Fixpoint's by its status. */
function refusal(status: number, answer: unknown): FixpointError {
  const { title, detail, code } = (typeof answer === 'object' && answer !== null ? answer : {}) as Readonly<Record<string, unknown>>;
  const words = [detail, title].find((text) => typeof text === 'string') ?? `the answer is HTTP ${status}`;
  const hint = status === 401 ? '; FIXPOINT_TOKEN holds the token to present' : '';
  return new FixpointError(isKnown(code) ? code : codeFor(status), `${oneLine(words)}${hint}`, { details: { status } });
}

function isKnown(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCatalogue, code);
}

function codeFor(status: number): ErrorCode {
  if (status === 401) return 'auth.invalid';
  if (status === 403) return 'auth.forbidden';
  if (status === 404) return 'not-found';
  if (status === 502 || status === 503 || status === 504) return 'overloaded';
  return status >= 500 ? 'internal' : 'request.malformed';
}

function parsed(text: string): unknown {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}
