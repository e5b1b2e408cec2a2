import type { ParseArgsOptionsConfig } from 'node:util';
import { FixpointError, messageOf } from '../errors.ts';
import { textOption, type Invocation } from './command.ts';

/** Options of commands that talk to a running service. */
export const serverOptions: ParseArgsOptionsConfig = { server: { type: 'string' } };

const timeoutMs = 15_000;

/** A request to the service at `--server` or FIXPOINT_SERVER, with FIXPOINT_TOKEN; throws with the problem document's own words. */
export async function callServer(
  { values, environment }: Invocation,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const server = (textOption(values, 'server') ?? environment['FIXPOINT_SERVER'] ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
  const token = environment['FIXPOINT_TOKEN'];
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
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
  const answer: unknown = text === '' ? {} : parsed(text);
  if (response.ok) return answer;
  const { title, detail, code } = (typeof answer === 'object' && answer !== null ? answer : {}) as {
    title?: string;
    detail?: string;
    code?: string;
  };
  throw new FixpointError('request.malformed', `${detail ?? title ?? `HTTP ${response.status}`}${code === undefined ? '' : ` (${code})`}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
