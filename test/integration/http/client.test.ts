import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { clientOf, failureOf, get, signal } from './connected.ts';
import { serve } from './served.ts';

describe('where requests go', () => {
  it('answers of a declared connection come back with status, headers and body', async () => {
    await using server = await serve((_request, response) => void response.writeHead(418, { 'X-Kind': 'pot' }).end('short and stout'));
    const answer = await clientOf(`${server.origin}/base`).read(get('/pot?size=1'), signal());
    expect(answer).toMatchObject({ status: 418, body: 'short and stout', truncated: false, headers: { 'x-kind': 'pot' } });
    expect(server.seen.map(({ method, url }) => [method, url])).toEqual([['GET', '/base/pot?size=1']]);
  });

  it('an undeclared connection is refused', async () => {
    const error = await failureOf(clientOf('http://127.0.0.1:1').read({ ...get('/'), connection: 'http://evil.test' }, signal()));
    expect(error.code).toBe('http.refused');
  });

  it.each([301, 302, 303, 307, 308])('a redirect by %i is an answer and is not followed', async (status) => {
    await using other = await serve((_request, response) => void response.end('stolen'));
    await using server = await serve((_request, response) => void response.writeHead(status, { location: `${other.origin}/` }).end());
    const answer = await clientOf(server.origin).read(get('/'), signal());
    expect(answer.status).toBe(status);
    expect(other.seen).toEqual([]);
  });

  it.each([
    '//evil.test/',
    'evil',
    '',
    'http://evil.test/',
    '/..',
    '/../admin',
    '/a/../../admin',
    '/..%2fadmin',
    '/%2e%2e/admin',
    '/%2E%2E%2Fadmin',
    '/%252e%252e%252fadmin',
    '/..;/admin',
    '/..\\admin',
    '/..%5cadmin',
    '/x\r\nx-evil: 1',
    '/x%0d%0ax-evil:1',
    '/x y',
    '/x#y',
    '/%zz',
    '/\u0000',
    '/\u2028',
    '/@evil.test\\',
  ])('the path %j is refused and nothing is sent', async (path) => {
    await using server = await serve((_request, response) => void response.end());
    const error = await failureOf(clientOf(`${server.origin}/api`).read(get(path), signal()));
    expect(error.code).toBe('http.refused');
    expect(error.message).not.toMatch(/[\r\n]/);
    expect(server.seen).toEqual([]);
  });

  it('a path that looks like another host stays at the connection', async () => {
    await using server = await serve((_request, response) => void response.end());
    await clientOf(server.origin).read(get('/@evil.test/:80'), signal());
    expect(server.seen.map(({ url }) => url)).toEqual(['/@evil.test/:80']);
  });

  it.each([
    'http://169.254.169.254',
    'http://2852039166',
    'http://0xa9.0xfe.0xa9.0xfe',
    'http://[::ffff:169.254.169.254]',
    'http://[64:ff9b::a9fe:a9fe]',
    'http://[fe80::1]',
    'http://[fd00:ec2::254]',
    'http://0.0.0.0',
    'http://[::]',
    'http://100.100.100.200',
    'http://metadata.test',
    'http://mixed.test',
    'http://mapped.test',
    'http://empty.test',
  ])('%s is never called', async (origin) => {
    const error = await failureOf(clientOf(origin).read(get('/latest/meta-data'), signal()));
    expect(error.code).toBe('http.refused');
  });

  it('a name is resolved by the checking resolver, also for the pooled agents', async () => {
    await using server = await serve((_request, response) => void response.end('here'));
    const answer = await clientOf(`http://good.test:${server.port}`).read(get('/'), signal());
    expect(answer.body).toBe('here');
    expect(server.seen[0]?.headers.host).toBe(`good.test:${server.port}`);
  });

  it('an unknown name is http.unavailable', async () => {
    const error = await failureOf(clientOf('http://unknown.test').read(get('/'), signal()));
    expect(error).toMatchObject({ code: 'http.unavailable', message: 'GET "/" on app: getaddrinfo ENOTFOUND unknown.test' });
  });

  it('proxies of the environment are ignored', async () => {
    await using proxy = await serve((_request, response) => void response.end('proxied'));
    await using server = await serve((_request, response) => void response.end('direct'));
    const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    try {
      for (const name of names) process.env[name] = proxy.origin;
      expect((await clientOf(server.origin).read(get('/'), signal())).body).toBe('direct');
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    expect(proxy.seen).toEqual([]);
  });

  it('fifty requests, one after the other, use one connection', async () => {
    await using server = await serve((_request, response) => void response.end('x'));
    const client = clientOf(server.origin);
    for (let index = 0; index < 50; index++) await client.read(get(`/${index}`), signal());
    expect(server.seen).toHaveLength(50);
    expect(server.connections()).toBe(1);
  });
});

describe('bounds', () => {
  it('a long body is cut at 64 KiB, at a whole character, and the rest is not read', async () => {
    let written = 0;
    await using server = await serve((_request, response) => {
      const more = (): void => {
        if (response.destroyed || written > 200_000_000) return void response.end();
        written += 65_537;
        if (response.write(`x${'é'.repeat(32_768)}`)) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    });
    const answer = await clientOf(server.origin).read(get('/'), signal());
    expect(answer.truncated).toBe(true);
    expect(Buffer.byteLength(answer.body)).toBe(65_535);
    expect(answer.body.endsWith('é')).toBe(true);
    expect(written).toBeLessThan(100_000_000);
  });

  it('a body of exactly 64 KiB is whole', async () => {
    await using server = await serve((_request, response) => void response.end('y'.repeat(65_536)));
    expect(await clientOf(server.origin).read(get('/'), signal())).toMatchObject({ truncated: false, body: 'y'.repeat(65_536) });
  });

  it('a compressed bomb is cut as it unfolds', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    await using server = await serve((_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    expect(await clientOf(server.origin).read(get('/'), signal())).toMatchObject({ truncated: true });
  });

  it('a server that never answers ends at the timeout', async () => {
    await using server = await serve(() => undefined);
    const error = await failureOf(clientOf(server.origin).read(get('/', 100), signal()));
    expect(error).toMatchObject({ code: 'http.unavailable', message: 'GET "/" on app: no whole answer within 100 ms' });
  });

  it('a server that drips its body ends at the timeout too', async () => {
    const timers: NodeJS.Timeout[] = [];
    await using server = await serve((_request, response) => {
      response.writeHead(200);
      timers.push(setInterval(() => response.write('.'), 20));
    });
    const error = await failureOf(clientOf(server.origin).read(get('/', 200), signal()));
    for (const timer of timers) clearInterval(timer);
    expect(error.code).toBe('http.unavailable');
  });

  it.each(['before the headers', 'within the body'])('the signal ends a request %s with its own reason', async (when) => {
    await using server = await serve((_request, response) => {
      if (when === 'within the body') response.writeHead(200).write('begun');
    });
    const controller = new AbortController();
    const reason = new FixpointError('cancelled', 'a person stopped it');
    const answer = clientOf(server.origin).read(get('/'), controller.signal);
    const ended = answer.catch((error: unknown) => error);
    await waitUntil(() => server.seen.length === 1, { describe: 'the request is there' });
    controller.abort(reason);
    expect(await ended).toBe(reason);
  });

  it('an aborted signal sends nothing', async () => {
    await using server = await serve((_request, response) => void response.end());
    await expect(clientOf(server.origin).read(get('/'), AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
    expect(server.seen).toEqual([]);
  });

  it('a connection cut within the body is http.unavailable', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('half');
      setImmediate(() => response.destroy());
    });
    expect((await failureOf(clientOf(server.origin).read(get('/'), signal()))).code).toBe('http.unavailable');
  });

  it('a body of more than 1 MiB is not sent', async () => {
    await using server = await serve((_request, response) => void response.end());
    const writer = clientOf(server.origin).writer(() => Promise.resolve());
    const error = await failureOf(
      writer.send({ connection: 'app', method: 'POST', path: '/', body: 'z'.repeat(1_100_000), timeoutMs: 2000 }, signal()),
    );
    expect(error.code).toBe('http.refused');
    expect(server.seen).toEqual([]);
  });
});

describe('targets', () => {
  it.each([
    ['http://app.test', 'http/app.test:80'],
    ['https://app.test/base', 'http/app.test:443'],
    ['http://[::1]:8080', 'http/[::1]:8080'],
  ])('%s is %s', (origin, target) => expect(clientOf(origin).targetOf('app')).toBe(target));

  it('an unknown connection has none', () => expect(clientOf('http://app.test').targetOf('other')).toBeUndefined());
});
