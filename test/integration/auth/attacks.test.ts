import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OidcIssuer } from '../../../src/adapters/oidc/oidc-issuer.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { OidcTestIssuer } from '../../support/auth/oidc-issuer.ts';
import { addRun, aRun, buildApi, closeApis, tokenOf, type Api } from '../../unit/api/api-fixture.ts';
import { requestText, sendRaw, type RawAnswer } from './raw-request.ts';

let api: Api;
let port = 0;
let issuer: OidcTestIssuer;

beforeEach(async () => {
  issuer = await OidcTestIssuer.start();
  const grants = [{ claim: 'groups', value: 'ops', role: 'operator' }] as const;
  const config = { name: 'corp', issuer: issuer.url, audiences: ['fixpoint'], username: 'sub', leeway: 0, grants };
  const access = {
    tokens: [tokenOf('admin-token', 'admin'), tokenOf('viewer-token', 'viewer')],
    authenticators: [new OidcIssuer(config, { clock: systemClock() })],
  };
  api = buildApi({ access, isLoopback: false });
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = api.server.server.address() as AddressInfo);
  await addRun(api, aRun());
});
afterEach(async () => {
  await closeApis();
  await issuer[Symbol.asyncDispose]();
});

const host = 'host: fixpoint.example';
const admin = 'authorization: Bearer admin-token';

async function ask(line: string, headers: readonly string[] = [], body = ''): Promise<RawAnswer> {
  return await sendRaw(port, requestText(line, headers, body));
}

function nothingHappened(): void {
  expect(api.acts).toEqual([]);
  expect(api.added).toEqual([]);
  expect(api.replays).toEqual([]);
}

describe('credentials in places where none is read', () => {
  it.each([
    'GET /api/v1/runs?access_token=admin-token',
    'GET /api/v1/runs?token=admin-token',
    'GET /api/v1/rules?authorization=Bearer%20admin-token',
    'GET /metrics?access_token=admin-token',
    'GET /api/v1/events?access_token=admin-token',
    'GET http://admin-token@fixpoint.example/api/v1/runs',
  ])('%s is not let in', async (line) => {
    expect((await ask(line, [host])).status).toBe(401);
  });

  it.each([
    'cookie: token=admin-token; authorization=Bearer admin-token',
    'x-authorization: Bearer admin-token',
    'proxy-authorization: Bearer admin-token',
    'authorization : Bearer admin-token',
    'x-forwarded-user: admin',
    'x-remote-user: admin\r\nx-remote-group: system:masters',
    'x-forwarded-for: 127.0.0.1\r\nx-real-ip: 127.0.0.1\r\nforwarded: for=127.0.0.1',
    'x-fixpoint-user: admin',
    'x-forwarded-client-cert: Subject="CN=admin"\r\nx-ssl-client-s-dn: CN=admin\r\nx-client-cert: x',
    'impersonate-user: admin',
  ])('%s lets nobody in', async (header) => {
    const { status } = await ask('POST /-/reload', [host, header]);
    expect([400, 401]).toContain(status);
    nothingHappened();
  });

  it('a body with a token is no credential', async () => {
    const form = 'access_token=admin-token';
    expect((await ask('POST /api/v1/pauses', [host, 'content-type: application/x-www-form-urlencoded'], form)).status).toBe(401);
  });
});

describe('several credentials', () => {
  it.each([
    [admin, 'authorization: Bearer viewer-token'],
    ['authorization: Bearer wrong', admin],
    [admin, admin],
    [admin, 'AUTHORIZATION: Bearer wrong'],
  ])('%s with %s are none', async (...headers) => {
    const { status, body } = await ask('GET /api/v1/runs', [host, ...headers]);
    expect([status, JSON.parse(body)]).toMatchObject([400, { code: 'request.malformed' }]);
  });

  it('in one header are none', async () => {
    for (const value of [
      'Bearer admin-token, Bearer x',
      'Bearer x Bearer admin-token',
      'Bearer "admin-token"',
      'Bearer admin-token;',
      'admin-token',
      'Token admin-token',
      'Bearer',
      '',
    ])
      expect([value, (await ask('GET /api/v1/runs', [host, `authorization: ${value}`])).status]).toEqual([value, 401]);
  });

  it('two hosts are none, for the host decides where a request is let in without a credential', async () => {
    const open = buildApi({ isLoopback: true });
    await open.server.listen({ host: '127.0.0.1', port: 0 });
    const { port: openPort } = open.server.server.address() as AddressInfo;
    const send = async (hosts: readonly string[]) => (await sendRaw(openPort, requestText('GET /api/v1/runs', hosts))).status;
    expect(await send(['host: localhost'])).toBe(200);
    expect(await send(['host: localhost', 'host: evil.example'])).toBe(400);
    expect(await send(['host: evil.example', 'host: localhost'])).toBe(400);
    expect(await send([])).toBe(400);
  });

  it('a line break in a header ends the request, not the header', async () => {
    const smuggled = ['GET /-/healthy HTTP/1.1', host, 'x: a\nauthorization: Bearer admin-token', '', ''].join('\r\n');
    const { status } = await sendRaw(port, smuggled.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
    expect([200, 400]).toContain(status);
    for (const text of ['x: a\rauthorization: Bearer admin-token', 'x: a\0authorization: Bearer admin-token'])
      expect((await ask('GET /api/v1/runs', [host, text])).status).not.toBe(200);
  });
});

describe('smuggled requests', () => {
  const hidden = `POST /-/reload HTTP/1.1\r\n${host}\r\n${admin}\r\ncontent-length: 0\r\n\r\n`;

  it('behind a body whose length is told in two ways are refused with the first', async () => {
    const chunked = ['content-type: application/json', 'transfer-encoding: chunked', `content-length: ${hidden.length + 5}`];
    const { status, body } = await sendRaw(port, `${requestText('POST /api/v1/pauses', [host, ...chunked])}0\r\n\r\n${hidden}`);
    expect(status).toBe(400);
    expect(body).toBe('');
    for (const header of [
      'transfer-encoding: xchunked',
      'transfer-encoding: chunked, identity',
      'content-length: 5\r\ncontent-length: 6',
      'content-length: +5',
      'content-length: -1',
    ])
      expect([header, (await ask('POST /api/v1/pauses', [host, header])).status]).toEqual([header, 400]);
    nothingHappened();
  });

  it('answers to what is no HTTP carry the security headers, too', async () => {
    const { status, head } = await sendRaw(port, 'NONSENSE\r\n\r\n');
    expect(status).toBe(400);
    expect(head).toContain("content-security-policy: default-src 'none'");
    const huge = await ask('GET /api/v1/runs', [host, `authorization: Bearer ${'x'.repeat(20_000)}`]);
    expect([huge.status, huge.head.includes('x-content-type-options: nosniff')]).toEqual([431, true]);
  });
});

describe('paths and methods that look like others', () => {
  it.each([
    '//api/v1/runs',
    '/api//v1/runs',
    '/api/v1/../v1/runs',
    '/api/v1/./runs',
    '/page/../api/v1/runs',
    '/-/healthy/../../api/v1/runs',
    '/-/healthy%2f..%2f..%2fapi/v1/runs',
    '/-/healthy;/api/v1/runs',
    '/-/healthy?/../../api/v1/runs',
    '/API/V1/RUNS',
    '/api/v1/runs/',
    '/api/v1/runs%2f',
    '/api/v1/runs%00',
    '/api/v1/%72uns',
    '\\api\\v1\\runs',
    '/metrics/',
    '/-/reload/',
    '/-/%72eload',
    '*',
    'http://localhost/api/v1/runs',
  ])('%s gives nothing without a credential', async (path) => {
    const { status, body } = await ask(`GET ${path}`, [host]);
    expect([200, 400, 401, 404, 405]).toContain(status);
    if (status === 200) expect(JSON.parse(body)).toEqual({ healthy: true });
  });

  it.each([
    'X-HTTP-Method-Override: POST',
    'X-HTTP-Method: POST',
    'X-Method-Override: POST',
    'X-Original-URL: /-/reload',
    'X-Rewrite-URL: /-/reload',
  ])('%s changes neither method nor path', async (header) => {
    const viewer = 'authorization: Bearer viewer-token';
    expect((await ask('GET /-/reload', [host, viewer, header])).status).toBe(405);
    expect((await ask('GET /-/healthy', [host, header])).body).toBe('{"healthy":true}');
    expect((await ask('GET /api/v1/runs?_method=POST', [host, viewer, header])).status).toBe(400);
  });

  it('other methods need what the route needs, or are not there', async () => {
    for (const method of ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY', 'get'])
      expect([method, (await ask(`${method} /api/v1/runs`, [host])).status]).not.toEqual([method, 200]);
    expect((await ask('HEAD /api/v1/runs', [host, admin])).status).toBe(200);
  });
});

describe('tokens of others', () => {
  it('let in whom the issuer names, under a name that no static token can have', async () => {
    const token = await issuer.token({ sub: 'admin-token', groups: ['ops'] });
    const headers = [host, `authorization: Bearer ${token}`, 'content-type: application/json'];
    expect((await ask('POST /api/v1/runs/i1-1/cancel', headers, '{"reason":"x"}')).status).toBe(202);
    expect(api.acts).toMatchObject([{ by: 'corp:admin-token' }]);
    expect((await ask('POST /-/reload', headers)).status).toBe(403);
  });

  it('of somebody without a role open nothing, and it is said who they are', async () => {
    const { status, body } = await ask('GET /api/v1/runs', [host, `authorization: Bearer ${await issuer.token()}`]);
    expect([status, JSON.parse(body)]).toMatchObject([
      403,
      { code: 'auth.forbidden', detail: expect.stringContaining('corp:alice is known') },
    ]);
  });

  it('are 503 while the issuer is away, with the time to wait, while static tokens stay good', async () => {
    issuer.answers.set('/.well-known/openid-configuration', { status: 500, body: '' });
    const { status, head, body } = await ask('GET /api/v1/runs', [
      host,
      `authorization: Bearer ${await issuer.token({ groups: ['ops'] })}`,
    ]);
    expect([status, JSON.parse(body)]).toMatchObject([503, { code: 'auth.unavailable' }]);
    expect(head).toContain('retry-after: 5');
    expect((await ask('GET /api/v1/runs', [host, admin])).status).toBe(200);
  });

  it('are asked for again by an Alertmanager that cannot be told apart just now', async () => {
    issuer.answers.set('/.well-known/openid-configuration', { status: 500, body: '' });
    const headers = [host, `authorization: Bearer ${await issuer.token({ groups: ['ops'] })}`, 'content-type: application/json'];
    expect((await ask('POST /api/v1/webhook', headers, '{"alerts":[]}')).status).toBe(503);
    expect(await api.metrics.text()).toContain('fixpoint_notifications_total{source="unknown",result="unavailable"} 1');
  });

  it('are shown to nobody: neither a good nor a bad one is in an answer or a log', async () => {
    const good = await issuer.token({ groups: ['ops'] });
    const bad = `${good.slice(0, -4)}AAAA`;
    for (const token of [good, bad, 'opaque-9f8e7d']) {
      const { head, body } = await ask('POST /-/reload', [host, `authorization: Bearer ${token}`]);
      for (const part of token.split('.')) expect(`${head}${body}${api.logged.join()}`).not.toContain(part.slice(0, -4));
    }
  });
});

describe('failures', () => {
  const wrong = async (token: string) => await ask('GET /api/v1/runs', [host, `authorization: Bearer ${token}`]);

  it('of one address are answered with 429 after twenty, and a good credential from there passes all the same', async () => {
    const statuses = [];
    for (let tries = 0; tries < 25; tries += 1) statuses.push((await wrong(`wrong-${tries}`)).status);
    expect(statuses).toEqual([...Array<number>(20).fill(401), ...Array<number>(5).fill(429)]);
    const { head, body } = await wrong('wrong');
    expect(head).toMatch(/retry-after: [1-9]/);
    expect(JSON.parse(body)).toMatchObject({ code: 'auth.limited' });
    expect((await ask('GET /api/v1/runs', [host, admin])).status).toBe(200);
    expect((await ask('GET /api/v1/runs', [host, `authorization: Bearer ${await issuer.token({ groups: ['ops'] })}`])).status).toBe(200);
    expect(api.logged.filter((line) => line.includes('a credential was refused'))).toHaveLength(20);
    await api.clock.advance(60_000);
    expect((await wrong('wrong')).status).toBe(401);
  });

  it('without any credential are none: a page that asks for a token sees 401 however often', async () => {
    for (let tries = 0; tries < 30; tries += 1) expect((await ask('GET /api/v1/runs', [host])).status).toBe(401);
  });

  it('are counted by reason', async () => {
    await ask('GET /api/v1/runs', [host]);
    await wrong('wrong');
    await ask('POST /-/reload', [host, 'authorization: Bearer viewer-token']);
    const text = await api.metrics.text();
    for (const reason of ['missing', 'invalid', 'forbidden']) expect(text).toContain(`fixpoint_auth_refusals_total{reason="${reason}"} 1`);
  });

  it('of who is known and has no role are counted as forbidden, at the webhook too', async () => {
    const headers = [host, `authorization: Bearer ${await issuer.token({ groups: [] })}`, 'content-type: application/json'];
    expect((await ask('GET /api/v1/runs', headers)).status).toBe(403);
    expect((await ask('POST /api/v1/webhook', headers, '{"alerts":[]}')).status).toBe(403);
    expect(await api.metrics.text()).toContain('fixpoint_auth_refusals_total{reason="forbidden"} 2');
  });
});
