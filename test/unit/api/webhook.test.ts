import { afterEach, describe, expect, it } from 'vitest';
import type { Credential } from '../../../src/api/credential.ts';
import { defaultApiLimits } from '../../../src/api/dependencies.ts';
import { FixpointError } from '../../../src/errors.ts';
import { Secret } from '../../../src/value/secret.ts';
import { anAlert, bearer, bodyOf, buildApi, closeApis, post, recordedBody, tokenOf } from './api-fixture.ts';

afterEach(closeApis);

const url = '/api/v1/webhook';

describe('webhook', () => {
  it('answers 202 after one durable add of the whole message', async () => {
    const tapped: string[] = [];
    const api = buildApi({ accepted: ({ id }) => void tapped.push(id) });
    const body = recordedBody();
    const response = await post(api, url, { body });

    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({ accepted: JSON.parse(body).alerts.length, notification: api.added[0]?.id });
    expect(api.added).toHaveLength(1);
    expect(api.added[0]?.data).toEqual({
      id: api.added[0]?.id,
      source: 'default',
      receivedAt: api.clock.now(),
      bytes: Buffer.byteLength(body),
      message: JSON.parse(body),
    });
    expect(tapped).toEqual([api.added[0]?.id]);
    expect(await api.metrics.text()).toContain('fixpoint_notifications_total{source="default",result="accepted"} 1');
  });

  it('takes a message without alerts', async () => {
    const response = await post(buildApi(), url, { body: bodyOf([]) });

    expect([response.statusCode, response.json().accepted]).toEqual([202, 0]);
  });

  it('takes 10,000 alerts and a label of a megabyte', async () => {
    const api = buildApi();
    const many = await post(api, url, { body: bodyOf(Array.from({ length: 10_000 }, () => anAlert)) });
    const long = await post(api, url, { body: bodyOf([{ ...anAlert, labels: { alertname: 'A'.repeat(2 ** 20) } }]) });

    expect([many.statusCode, many.json().accepted, long.statusCode]).toEqual([202, 10_000, 202]);
  });

  it.each([
    ['malformed JSON', '{"version": "4", "alerts": [', 400, 'request.malformed'],
    ['an empty body', '', 400, 'request.malformed'],
    ['another version', { ...bodyOf([anAlert]), version: '3' }, 400, 'webhook.malformed'],
    ['the array of the API v2', [anAlert], 400, 'webhook.malformed'],
    ['a __proto__ key', '{"version":"4","alerts":[{"labels":{"__proto__":"x","a":"b"}}]}', 400, 'request.malformed'],
    ['an escaped __proto__ key', '{"version":"4","alerts":[],"\\u005f_proto__":{"a":1}}', 400, 'request.malformed'],
    ['absurd nesting', `{"version":"4","alerts":[],"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 400, 'request.malformed'],
    [
      'absurd nesting at length',
      `{"version":"4","alerts":[],"x":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}`,
      400,
      'request.malformed',
    ],
    ['17 MiB', JSON.stringify(bodyOf([{ ...anAlert, annotations: { a: 'x'.repeat(17 * 2 ** 20) } }])), 413, 'request.too-large'],
  ])('refuses %s and stores nothing', async (...[, body, status, code]) => {
    const api = buildApi();
    const response = await post(api, url, { body });

    expect([response.statusCode, response.headers['content-type']]).toEqual([status, 'application/problem+json; charset=utf-8']);
    expect(response.json()).toMatchObject({ code, status, type: `urn:fixpoint:problem:${code}`, instance: url });
    expect(response.json().title).not.toBe('');
    expect(response.json().detail).not.toBe('');
    expect(api.added).toEqual([]);
    expect(await api.metrics.text()).toContain('fixpoint_notifications_total{source="unknown",result="rejected"} 1');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', ''])('refuses the content type "%s"', async (type) => {
    const api = buildApi();
    const response = await api.server.inject({
      method: 'POST',
      url,
      headers: { host: 'localhost', ...(type === '' ? {} : { 'content-type': type }) },
      payload: Buffer.from('{"alerts":[]}'),
    });

    expect([response.statusCode, response.json().code]).toEqual([415, 'request.unsupported-type']);
  });

  it('answers 503 when the message cannot be stored, and keeps no bytes of it', async () => {
    const api = buildApi({
      limits: { bodyBytes: 1000, inFlightBytes: 1000 },
      intake: { add: () => Promise.reject(new FixpointError('store.unavailable', 'Redis does not answer')) },
    });
    for (let count = 0; count < 20; count++) {
      const response = await post(api, url, { body: bodyOf([anAlert]) });
      expect([response.statusCode, response.json().code]).toEqual([503, 'store.unavailable']);
    }
    expect(await api.metrics.text()).toContain('result="unavailable"} 20');
  });

  it('answers 503 when more bytes are in flight than the budget allows, and recovers', async () => {
    let finish: () => void = () => undefined;
    const isStored = new Promise<void>((resolve) => (finish = resolve));
    const body = JSON.stringify(bodyOf([anAlert]));
    const api = buildApi({ limits: { ...defaultApiLimits, inFlightBytes: body.length + 10 }, intake: { add: () => isStored } });
    const first = post(api, url, { body });
    await new Promise((resolve) => setImmediate(resolve));
    const second = await post(api, url, { body });
    finish();

    expect([second.statusCode, second.json().code]).toEqual([503, 'overloaded']);
    expect((await first).statusCode).toBe(202);
    expect((await post(api, url, { body })).statusCode).toBe(202);
    expect(await api.metrics.text()).toContain('result="overloaded"} 1');
  });

  it('says 500 with an id that is in the log, and nothing else, for an error of its own', async () => {
    const api = buildApi({ intake: { add: () => Promise.reject(new Error('secret inside')) } });
    const response = await post(api, url, { body: bodyOf([anAlert]) });
    const id = /the id (\S+)/.exec(response.json().detail)?.[1] ?? 'none';

    expect([response.statusCode, response.json().code]).toEqual([500, 'internal']);
    expect(response.body).not.toMatch(/secret inside|at .*\.ts/);
    expect(api.logged.filter((line) => line.includes(id) && line.includes('secret inside'))).toHaveLength(1);
  });
});

describe('the source of a message', () => {
  const two = [
    { name: 'east', credentials: [] },
    { name: 'west', credentials: [] },
  ];

  it('is the named one; an unknown name is 404 with the nearest', async () => {
    const api = buildApi({ sources: two });
    await post(api, `${url}/west`, { body: bodyOf([anAlert]) });
    const unknown = await post(api, `${url}/wset`, { body: bodyOf([anAlert]) });

    expect(api.added.map(({ data }) => data.source)).toEqual(['west']);
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'source.unknown']);
    expect(unknown.json().detail).toContain('did you mean west?');
  });

  it('is the only one on the plain path, else by labels; nobody else is believed', async () => {
    const only = buildApi({ sources: [{ name: 'east', credentials: [] }] });
    const many = buildApi({ sources: two, sourceOf: (labels) => (labels['alertname'] === 'A' ? 'west' : undefined) });
    await post(only, url, { body: bodyOf([anAlert]) });
    await post(many, url, { body: bodyOf([anAlert]) });
    const stray = await post(many, url, { body: bodyOf([{ ...anAlert, labels: { alertname: 'B' } }]) });

    expect([...only.added, ...many.added].map(({ data }) => data.source)).toEqual(['east', 'west']);
    expect([stray.statusCode, stray.json().code]).toEqual([404, 'source.unknown']);
    expect(stray.json().detail).toContain('east or west');
  });

  it.each(['source', 'token'])('whose %s cannot be read now is asked to send again, and not refused; the others go on', async (kind) => {
    let isThere = false;
    const secret = () => {
      if (isThere) return new Secret('not-yet');
      throw new FixpointError('secret.unavailable', 'gone');
    };
    const source = (name: string, credentials: readonly Credential[]) => ({ name, credentials });
    const late: readonly Credential[] = kind === 'source' ? [{ kind: 'bearer', token: secret }] : [bearer('other')];
    const api = buildApi({
      isLoopback: false,
      sources: [source('east', [bearer('east-token')]), source('west', late)],
      access: { tokens: kind === 'token' ? [{ name: 'am', role: 'webhook', token: secret }] : [tokenOf('admin-token', 'admin')] },
    });
    const send = async (token: string, path = url) => {
      const { statusCode, headers } = await post(api, path, { body: bodyOf([anAlert]), headers: { authorization: `Bearer ${token}` } });
      return [statusCode, headers['retry-after']];
    };
    expect(await send('east-token')).toEqual([202, undefined]);
    for (let tries = 0; tries < 30; tries += 1) expect(await send('not-yet', `${url}/west`)).toEqual([503, '5']);
    // Nobody is let in by it, and elsewhere a wrong credential is wrong.
    expect(api.added).toHaveLength(1);
    const { statusCode } = await api.server.inject({ url: '/api/v1/runs', headers: { authorization: 'Bearer not-yet' } });
    expect([401, 429]).toContain(statusCode);
    isThere = true;
    expect((await send('not-yet', `${url}/west`))[0]).toBe(202);
    expect([401, 429]).toContain((await send('wrong', `${url}/west`))[0]);
  });

  it('is the one whose credential matches, where there are credentials', async () => {
    const api = buildApi({
      sources: [
        { name: 'east', credentials: [bearer('e')] },
        { name: 'west', credentials: [bearer('w1'), bearer('w2')] },
      ],
    });
    const send = (path: string, authorization?: string) =>
      post(api, path, { body: bodyOf([anAlert]), headers: authorization === undefined ? {} : { authorization } });

    expect((await send(url, 'Bearer e')).statusCode).toBe(202);
    expect((await send(url, 'bearer w2')).statusCode).toBe(202);
    expect((await send(`${url}/west`, 'Bearer w1')).statusCode).toBe(202);
    expect(api.added.map(({ data }) => data.source)).toEqual(['east', 'west', 'west']);
    expect((await send(url)).json().code).toBe('auth.missing');
    expect((await send(`${url}/west`)).statusCode).toBe(401);
    expect((await send(`${url}/west`, 'Bearer e')).json().code).toBe('auth.invalid');
    expect((await send(url, 'Basic !!!')).statusCode).toBe(401);
    expect(await api.metrics.text()).toContain('fixpoint_notifications_total{source="unknown",result="unauthorized"} 4');
  });
});
