import { afterEach, expect } from 'vitest';
import { HttpClient } from '../../../src/adapters/http/client.ts';
import type { HttpConnection } from '../../../src/adapters/http/outgoing.ts';
import { FixpointError } from '../../../src/errors.ts';

export const password = 'pa"ss\\word-\u00e9';
export const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const open: HttpClient[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

/** A client with one connection, `app`, and a resolver that knows a few names; closed after the test. */
export function clientOf(origin: string, { headers = {} }: Partial<HttpConnection> = {}): HttpClient {
  const reveal = (name: string) => {
    if (name !== 'password') throw new FixpointError('secret.unavailable', `no secret is named ${name}`);
    return password;
  };
  const resolve = (
    hostname: string,
    _options: unknown,
    callback: (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]) => void,
  ) => {
    const addresses: Record<string, string[]> = {
      'good.test': ['127.0.0.1'],
      'metadata.test': ['169.254.169.254'],
      'mixed.test': ['127.0.0.1', '169.254.169.254'],
      'mapped.test': ['::ffff:169.254.169.254'],
      'empty.test': [],
    };
    const found = addresses[hostname];
    if (found === undefined) callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), []);
    else
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  };
  const client = new HttpClient({ connections: new Map([['app', { origin, headers }]]), reveal, resolve });
  open.push(client);
  return client;
}

export const get = (path: string, timeoutMs = 2000) => ({ connection: 'app', method: 'GET' as const, path, timeoutMs });

export async function failureOf(promise: Promise<unknown>): Promise<FixpointError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(FixpointError);
  return error as FixpointError;
}
