import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { HttpConnection } from '../../../src/adapters/http/outgoing.ts';
import { FixpointError } from '../../../src/errors.ts';
import { secretMarker } from '../../../src/value/secret-marker.ts';
import { Secret } from '../../../src/value/secret.ts';
import { clientOf, failureOf, password, signal } from './connected.ts';
import { serve, type Served } from './served.ts';

/** Everything a log could get at. */
const shown = (error: unknown): string => inspect(error, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(error);

describe('writing', () => {
  const post = (
    server: Served,
    request: { headers?: Record<string, string>; body?: string; path?: string },
    headers: HttpConnection['headers'] = {},
  ) =>
    clientOf(server.origin, { headers })
      .writer(() => Promise.resolve())
      .send({ connection: 'app', method: 'POST', path: '/', timeoutMs: 2000, ...request }, signal());

  it('asks for permission with the time it needs, and sends nothing without', async () => {
    await using server = await serve((_request, response) => void response.end());
    const asked: number[] = [];
    const writer = clientOf(server.origin).writer((neededMs) => {
      asked.push(neededMs);
      return Promise.reject(new FixpointError('cancelled', 'paused'));
    });
    const error = await failureOf(writer.send({ connection: 'app', method: 'DELETE', path: '/', timeoutMs: 1234 }, signal()));
    expect(error.code).toBe('cancelled');
    expect(asked).toEqual([1234]);
    expect(server.seen).toEqual([]);
  });

  it('puts secrets into headers and JSON bodies at sending, as JSON has them', async () => {
    await using server = await serve((_request, response) => void response.end());
    const body = JSON.stringify({ password: secretMarker('password'), text: `say ${secretMarker('password')}!` });
    await post(
      server,
      { headers: { 'content-type': 'application/json', 'x-key': secretMarker('password') }, body },
      { Authorization: () => new Secret('Bearer t0ken') },
    );
    const [seen] = server.seen;
    expect(JSON.parse(seen?.body ?? '')).toEqual({ password, text: `say ${password}!` });
    expect(Buffer.from(String(seen?.headers['x-key']), 'latin1').toString('latin1')).toBe(password);
    expect(seen?.headers.authorization).toBe('Bearer t0ken');
  });

  it('leaves the secret as it is in a body that is no JSON', async () => {
    await using server = await serve((_request, response) => void response.end());
    await post(server, { headers: { 'content-type': 'text/plain' }, body: secretMarker('password') });
    expect(server.seen[0]?.body).toBe(password);
  });

  it("a rule's header never replaces the connection's own", async () => {
    await using server = await serve((_request, response) => void response.end());
    await post(server, { headers: { AUTHORIZATION: 'Bearer mine' } }, { Authorization: () => new Secret('Bearer t0ken') });
    expect(server.seen[0]?.headers.authorization).toBe('Bearer t0ken');
  });

  it.each([
    ['Host', 'evil.test'],
    ['content-length', '0'],
    ['Transfer-Encoding', 'chunked'],
    ['connection', 'upgrade'],
    ['x-a', 'b\r\nx-evil: 1'],
    ['x-a', 'b\u0000'],
    ['x-a', 'snow \u2603'],
    ['x a', 'b'],
    ['x-a\r\n', 'b'],
    ['__proto__', 'b'],
  ])('the header %j: %j is refused', async (name, value) => {
    await using server = await serve((_request, response) => void response.end());
    const headers = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as Record<string, string>;
    expect((await failureOf(post(server, { headers }))).code).toBe('http.refused');
    expect(server.seen).toEqual([]);
  });

  it.each([
    ['no server', { origin: 'http://127.0.0.1:1' }, {}],
    ['no TLS there', { tls: true }, {}],
    ['a cut connection', {}, {}],
    ['a secret that is no header', {}, { 'x-bad': 'x\n' }],
    ['a path that is refused', {}, { path: '/../x' }],
  ])(
    'an error by %s shows no secret, no body and no configuration',
    async (_name, { origin, tls }: { origin?: string; tls?: boolean }, more) => {
      await using server = await serve((_request, response) => void response.destroy());
      const { path = '/', ...extra } = more as { path?: string };
      const writer = clientOf(origin ?? (tls === true ? `https://127.0.0.1:${server.port}` : server.origin), {
        headers: { Authorization: () => new Secret('Bearer t0ken') },
      }).writer(() => Promise.resolve());
      const headers = { 'x-key': secretMarker('password'), 'content-type': 'application/json', ...extra };
      const error = await failureOf(
        writer.send(
          {
            connection: 'app',
            method: 'POST',
            path,
            headers,
            body: JSON.stringify({ confidential: secretMarker('password') }),
            timeoutMs: 2000,
          },
          signal(),
        ),
      );
      const text = shown(error);
      for (const hidden of ['t0ken', 'pa"ss', 'pa\\"ss', 'word-', 'confidential', 'axios', 'httpAgent']) expect(text).not.toContain(hidden);
    },
  );

  it('an unknown secret is said by name, and nothing is sent', async () => {
    await using server = await serve((_request, response) => void response.end());
    expect((await failureOf(post(server, { headers: { 'x-key': secretMarker('other') } }))).code).toBe('secret.unavailable');
    expect(server.seen).toEqual([]);
  });
});
