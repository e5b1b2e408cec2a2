import type { SandboxResponse } from '../../listen.ts';
import { statusOf } from '../status-error.ts';
import type { StatusError } from '../status-error.ts';

const json = { 'cache-control': 'no-cache, private', 'content-type': 'application/json' };

export function jsonAnswer(status: number, body: unknown, warnings: readonly string[] = []): SandboxResponse {
  const warning = warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ');
  return { status, headers: warning === '' ? json : { ...json, warning }, body: `${JSON.stringify(body)}\n` };
}

export function textAnswer(status: number, body: string): SandboxResponse {
  return {
    status,
    headers: { 'cache-control': 'no-cache, private', 'content-type': status === 200 ? 'text/plain' : 'text/plain; charset=utf-8' },
    body,
  };
}

export function streamAnswer(stream: AsyncIterable<string>): SandboxResponse {
  return { status: 200, headers: json, stream };
}

export function errorAnswer(error: StatusError): SandboxResponse {
  const { code, retryAfterSeconds } = error.failure;
  const headers = retryAfterSeconds === undefined ? json : { ...json, 'retry-after': String(retryAfterSeconds) };
  return { status: code, headers, body: `${JSON.stringify(statusOf(error.failure))}\n` };
}
