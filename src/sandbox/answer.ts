import type { SandboxResponse } from './listen.ts';

export function jsonAnswer(status: number, body: unknown): SandboxResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export function textAnswer(status: number, body: string, contentType = 'text/plain; charset=utf-8'): SandboxResponse {
  return { status, headers: { 'content-type': contentType }, body };
}

/** The body read as JSON; undefined where it is none. */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
