import { Agent } from 'node:https';
import axios, { AxiosError, type AxiosInstance } from 'axios';
import { FixpointError, type ErrorCode } from '../../errors.ts';
import type { Secret } from '../../value/secret.ts';
import { overSockets, type HttpWire } from './http-wire.ts';
import { redact } from './outgoing.ts';

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the base address. */
  readonly path: string;
  /** Repeated names are allowed. */
  readonly query?: readonly (readonly [string, string])[];
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Sent as plain text. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** The code for getting no answer. */
  readonly code: ErrorCode;
}

const timeoutMs = 5000;
const mostAnswer = 64 * 1024 * 1024;

interface JsonApiOptions {
  readonly ca?: string;
  readonly mostRead?: number;
  readonly wire?: HttpWire;
}

/** One of our own services (Prometheus, Alertmanager, a webhook of a person's): JSON in and out, no redirects, bounded. */
export class JsonApi {
  readonly #base: string;
  readonly #token: (() => Secret) | undefined;
  readonly #wire: HttpWire;
  readonly #axios: AxiosInstance;

  /** `ca`: PEM of the authorities that its certificate may be signed by, instead of the known ones; `mostRead`: bytes of an answer. */
  constructor(base: string, token?: () => Secret, { ca, mostRead = mostAnswer, wire = overSockets }: JsonApiOptions = {}) {
    this.#base = base.replace(/\/$/, '');
    this.#token = token;
    this.#wire = wire;
    this.#axios = axios.create({
      ...(wire.adapter === undefined ? {} : { adapter: wire.adapter }),
      maxRedirects: 0,
      proxy: false,
      validateStatus: () => true,
      responseType: 'text',
      transformResponse: (text: string) => text,
      maxContentLength: mostRead,
      ...(ca === undefined ? {} : { httpsAgent: new Agent({ ca }) }),
    });
  }

  /** `body` is the parsed JSON, or the text where it is none. */
  async send({
    method,
    path,
    query = [],
    form,
    json,
    text,
    headers,
    signal,
    code,
  }: JsonRequest): Promise<{ status: number; body: unknown }> {
    const search = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString();
    const token = this.#token?.().reveal();
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const limit = this.#wire.timeout(timeoutMs);
    const ends = AbortSignal.any([signal, limit.signal]);
    try {
      const answer = await this.#axios.request<string>({
        url: `${this.#base}${path}${search === '' ? '' : `?${search}`}`,
        method,
        headers: {
          accept: 'application/json',
          ...authorization,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(text === undefined ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
          ...headers,
        },
        signal: ends,
        ...(form === undefined ? {} : { data: new URLSearchParams(form) }),
        ...(json === undefined ? {} : { data: JSON.stringify(json) }),
        ...(text === undefined ? {} : { data: text }),
      });
      // A service that says again what it was told does not get it into our errors.
      return { status: answer.status, body: parsed(token === undefined ? answer.data : redact(answer.data, [token])) };
    } catch (error) {
      signal.throwIfAborted();
      throw new FixpointError(code, `${method} ${path}: ${ends.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error)}`);
    } finally {
      limit.stop();
    }
  }
}

/** The error of axios holds the request with its credential, and the address, which may be a secret itself: only its code gets out. */
function reasonOf(error: unknown): string {
  const code = error instanceof AxiosError || (error instanceof Error && 'code' in error) ? error.code : undefined;
  return typeof code === 'string' ? code : 'the request could not be sent';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
