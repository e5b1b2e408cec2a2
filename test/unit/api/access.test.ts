import { afterEach, describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { roles } from '../../../src/value/role.ts';
import { Secret } from '../../../src/value/secret.ts';
import { addRun, anAlert, aRun, bearer, bodyOf, buildApi, closeApis, get, post, tokenOf } from './api-fixture.ts';

afterEach(closeApis);

const tokens = roles.map((role) => tokenOf(`${role}-token`, role));

describe('an open API on loopback', () => {
  it.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '127.1.2.3', '[::1]:8080', 'LOCALHOST', 'fixpoint.test'])(
    'answers to the host %s',
    async (host) => {
      expect((await get(buildApi({ allowedHosts: ['fixpoint.test'] }), '/api/v1/runs', { host })).statusCode).toBe(200);
    },
  );

  it.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80', '10.0.0.1', 'localhost:80:80'])(
    'refuses the host "%s"',
    async (host) => {
      const api = buildApi();
      const answers = [
        await get(api, '/api/v1/runs', { host }),
        await get(api, '/metrics', { host }),
        await post(api, '/api/v1/webhook', { body: bodyOf([]), headers: { host } }),
      ];

      expect(answers.map((answer) => [answer.statusCode, answer.json().code])).toEqual(
        Array.from({ length: 3 }, () => [403, 'request.cross-site']),
      );
      expect(api.added).toEqual([]);
    },
  );

  it('takes its own origin and refuses others', async () => {
    const api = buildApi();
    const send = (headers: Record<string, string>) => post(api, '/-/reload', { body: {}, headers: { host: 'localhost:8080', ...headers } });

    expect((await send({ origin: 'http://localhost:8080' })).statusCode).toBe(200);
    expect((await send({ origin: 'http://localhost:9090' })).json().code).toBe('request.cross-site');
    expect((await send({ origin: 'null' })).statusCode).toBe(403);
    expect((await send({ 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
  });

  it('names who acts local, or as they say', async () => {
    const api = buildApi();
    await addRun(api, aRun({ phase: 'queued' }));
    const cancel = (headers: Record<string, string> = {}) => post(api, '/api/v1/runs/i1-1/cancel', { body: { reason: 'no' }, headers });
    await cancel();
    await cancel({ 'x-fixpoint-user': 'alice' });

    expect(api.acts.map(({ by }) => by)).toEqual(['local', 'local:alice']);
    expect((await cancel({ 'x-fixpoint-user': 'a'.repeat(65) })).statusCode).toBe(400);
    expect((await cancel({ 'x-fixpoint-user': 'a\tb' })).statusCode).toBe(400);
  });
});

describe('an API with tokens', () => {
  const needs: readonly [string, string, unknown, string, number][] = [
    ['POST', '/api/v1/webhook', bodyOf([anAlert]), 'webhook', 202],
    ['GET', '/api/v1/runs', undefined, 'viewer', 200],
    ['GET', '/metrics', undefined, 'viewer', 200],
    ['POST', '/api/v1/explain', bodyOf([anAlert]), 'viewer', 200],
    ['POST', '/api/v1/runs/i1-1/approve', {}, 'operator', 202],
    ['POST', '/api/v1/replay', { run: 'i1-1' }, 'operator', 202],
    ['POST', '/api/v1/pauses', { scope: 'global', reason: 'x' }, 'operator', 201],
    ['POST', '/-/reload', {}, 'admin', 200],
  ];

  it.each(needs)('%s %s with %j needs the role %s', async (...[method, path, body, needed, status]) => {
    const api = buildApi({ access: { tokens } });
    await addRun(api, aRun());
    const send = async (authorization?: string) => {
      const headers = { host: 'fixpoint.example', ...(authorization === undefined ? {} : { authorization }) };
      return method === 'GET' ? await get(api, path, headers) : await post(api, path, { body, headers });
    };

    expect([(await send()).statusCode, (await send()).headers['www-authenticate']]).toEqual([401, 'Bearer realm="fixpoint"']);
    expect((await send('Bearer wrong')).json().code).toBe('auth.invalid');
    for (const role of roles) {
      const isEnough = roles.indexOf(role) >= roles.findIndex((other) => other === needed);
      expect([role, (await send(`Bearer ${role}-token`)).statusCode]).toEqual([role, isEnough ? status : 403]);
    }
  });

  it('names who acts by the token, whatever they say', async () => {
    const api = buildApi({ access: { tokens } });
    await addRun(api, aRun());
    await post(api, '/api/v1/runs/i1-1/approve', {
      body: {},
      headers: { 'authorization': 'Bearer operator-token', 'x-fixpoint-user': 'alice' },
    });

    expect(api.acts).toEqual([{ kind: 'approve', run: 'i1-1', by: 'operator-token', reason: '', role: 'operator' }]);
  });

  it('asks none for health and readiness', async () => {
    const api = buildApi({ access: { tokens }, isLoopback: false });

    expect((await get(api, '/-/healthy', { host: 'x' })).statusCode).toBe(200);
    expect((await get(api, '/-/ready', { host: 'x' })).statusCode).toBe(200);
  });

  it('follows a token that is rotated', async () => {
    let current = new Secret('old');
    const api = buildApi({ access: { tokens: [{ name: 't', role: 'viewer', token: () => current }] } });
    const status = async (token: string) => (await get(api, '/api/v1/runs', { authorization: `Bearer ${token}` })).statusCode;

    expect([await status('old'), await status('new')]).toEqual([200, 401]);
    current = new Secret('new');
    expect([await status('old'), await status('new')]).toEqual([401, 200]);
  });
});

describe('credentials of sources', () => {
  it('are basic ones, too, and several may be live while they rotate', async () => {
    let password = 'p1';
    const basic = { kind: 'basic', username: 'am', password: () => new Secret(password) } as const;
    const api = buildApi({ isLoopback: false, sources: [{ name: 'east', credentials: [basic, bearer('t')] }] });
    const status = async (authorization: string) =>
      (await post(api, '/api/v1/webhook/east', { body: bodyOf([anAlert]), headers: { authorization } })).statusCode;
    const encoded = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

    expect([
      await status(encoded('am:p1')),
      await status('Bearer t'),
      await status(encoded('am:p2')),
      await status('Bearer am:p1'),
    ]).toEqual([202, 202, 401, 401]);
    password = 'p2';
    expect([await status(encoded('am:p1')), await status(encoded('am:p2')), await status(encoded('xx:p2'))]).toEqual([401, 202, 401]);
  });

  it('open nothing but the webhook', async () => {
    const api = buildApi({ isLoopback: false, sources: [{ name: 'east', credentials: [bearer('t')] }] });

    expect((await get(api, '/api/v1/runs', { authorization: 'Bearer t' })).statusCode).toBe(401);
  });

  it('are no way to find out which sources there are', async () => {
    const api = buildApi({ isLoopback: false, sources: [{ name: 'east', credentials: [bearer('t')] }] });

    expect((await post(api, '/api/v1/webhook/nowhere', { body: {} })).statusCode).toBe(401);
  });
});

it('refuses to be built for others without any credential', () => {
  expect(() => buildApi({ isLoopback: false })).toThrow(FixpointError);
  expect(() => buildApi({ isLoopback: false })).toThrow(/access tokens/);
});
