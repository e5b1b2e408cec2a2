import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { JsonApi } from '../../../src/adapters/http/json-api.ts';
import { createPrometheus } from '../../../src/adapters/prometheus/client.ts';
import { FixpointError } from '../../../src/errors.ts';
import { Secret } from '../../../src/value/secret.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { sendJson, serve } from './served.ts';

const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const ask = { method: 'GET', path: '/api', code: 'alertmanager.unavailable' } as const;

async function failureOf(promise: Promise<unknown>): Promise<FixpointError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(FixpointError);
  return error as FixpointError;
}

describe('a JSON API', () => {
  it('is sent queries, forms and JSON, with its credential', async () => {
    await using server = await serve((_request, response) => sendJson(response, { ok: true }));
    const api = new JsonApi(`${server.origin}/base/`, () => new Secret('t0ken'));
    expect(
      await api.send({
        ...ask,
        query: [
          ['filter', 'a="b&c"'],
          ['filter', 'd=~"é+"'],
        ],
        signal: signal(),
      }),
    ).toEqual({ status: 200, body: { ok: true } });
    await api.send({ ...ask, method: 'POST', form: { query: 'up == 0 & x' }, signal: signal() });
    await api.send({ ...ask, method: 'POST', json: [{ a: 1 }], signal: signal() });
    const [get, form, json] = server.seen;
    expect([...new URL(get?.url ?? '', server.origin).searchParams]).toEqual([
      ['filter', 'a="b&c"'],
      ['filter', 'd=~"é+"'],
    ]);
    expect(get?.url).toMatch(/^\/base\/api\?/);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t0ken', 'Bearer t0ken', 'Bearer t0ken']);
    expect([form?.headers['content-type'], Object.fromEntries(new URLSearchParams(form?.body))]).toEqual([
      expect.stringContaining('application/x-www-form-urlencoded') as string,
      { query: 'up == 0 & x' },
    ]);
    expect([json?.headers['content-type'], json?.body]).toEqual(['application/json', '[{"a":1}]']);
  });

  it('follows no redirect, so that its credential stays where it belongs', async () => {
    await using other = await serve((_request, response) => sendJson(response, {}));
    await using server = await serve((_request, response) => void response.writeHead(302, { location: other.origin }).end());
    expect(await new JsonApi(server.origin, () => new Secret('t0ken')).send({ ...ask, signal: signal() })).toMatchObject({ status: 302 });
    expect(other.seen).toEqual([]);
  });

  it('reuses its connection', async () => {
    await using server = await serve((_request, response) => sendJson(response, {}));
    const api = new JsonApi(server.origin);
    for (let index = 0; index < 30; index++) await api.send({ ...ask, signal: signal() });
    expect(server.connections()).toBe(1);
  });

  it('ends at the signal, with its reason', async () => {
    await using server = await serve(() => undefined);
    const controller = new AbortController();
    const reason = new FixpointError('timeout', 'too long');
    const ended = new JsonApi(server.origin).send({ ...ask, signal: controller.signal }).catch((error: unknown) => error);
    await waitUntil(() => server.seen.length === 1, { describe: 'the request is there' });
    controller.abort(reason);
    expect(await ended).toBe(reason);
  });

  it.each([
    ['no server', 'http://127.0.0.1:1/hook/t0psecret'],
    ['a name that nobody has', 'http://nobody.invalid/hook/t0psecret'],
    ['an address that is none', 'http://[::bad/hook/t0psecret'],
    ['another scheme', 'ftp://127.0.0.1/hook/t0psecret'],
  ])('an error by %s shows neither credential nor address nor body', async (_name, base) => {
    const error = await failureOf(
      new JsonApi(base, () => new Secret('t0ken')).send({
        ...ask,
        method: 'POST',
        path: '',
        json: { text: 'confidential' },
        signal: signal(),
      }),
    );
    expect(error.code).toBe('alertmanager.unavailable');
    const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error);
    for (const hidden of ['t0ken', 't0psecret', 'confidential', 'AxiosHeaders']) expect(shown).not.toContain(hidden);
  });
});

describe('Prometheus', () => {
  async function queryOf(answer: unknown, status = 200) {
    await using server = await serve((_request, response) => sendJson(response, answer, status));
    const api = new JsonApi(server.origin);
    const prometheus = createPrometheus({
      find: ({ source, from }) => (source === 'main' && (from === undefined || from === 'other') ? api : undefined),
    });
    const samples = await prometheus.query('up{job="a"} > 0', { source: 'main', signal: signal() });
    return { samples, seen: server.seen };
  }
  const vector = (...values: unknown[]) => ({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: { job: 'a' }, value: [1700000000.5, value] })) },
  });

  it('is asked by POST form', async () => {
    const { seen } = await queryOf(vector());
    expect([seen[0]?.method, seen[0]?.url, Object.fromEntries(new URLSearchParams(seen[0]?.body))]).toEqual([
      'POST',
      '/api/v1/query',
      { query: 'up{job="a"} > 0' },
    ]);
  });

  it('gives samples with their own time, also those that are no numbers', async () => {
    const { samples } = await queryOf(vector('1.5', 'NaN', '+Inf', '-Inf', '1e-7'));
    expect(samples.map(({ value }) => value)).toEqual([1.5, NaN, Infinity, -Infinity, 1e-7]);
    expect(samples[0]).toEqual({ labels: { job: 'a' }, at: 1_700_000_000_500, value: 1.5 });
  });

  it('gives a scalar as one sample, and no series as none', async () => {
    expect((await queryOf({ status: 'success', data: { resultType: 'scalar', result: [1, '2'] } })).samples).toEqual([
      { labels: {}, at: 1000, value: 2 },
    ]);
    expect((await queryOf(vector())).samples).toEqual([]);
  });

  it.each([
    [400, { status: 'error', errorType: 'bad_data', error: 'parse error\nhere' }, 'prometheus.query-failed'],
    [422, { status: 'error', errorType: 'execution', error: 'many-to-many' }, 'prometheus.query-failed'],
    [501, { error: 'not in the sandbox' }, 'prometheus.query-failed'],
    [429, {}, 'prometheus.unavailable'],
    [500, 'oops', 'prometheus.unavailable'],
    [503, { status: 'error', errorType: 'timeout', error: 'query timed out' }, 'prometheus.unavailable'],
    [200, { status: 'error', error: 'x' }, 'prometheus.query-failed'],
    [200, 'hello', 'prometheus.query-failed'],
    [200, { status: 'success', data: { resultType: 'matrix', result: [] } }, 'prometheus.query-failed'],
    [200, { status: 'success', data: { resultType: 'string', result: [1, 'x'] } }, 'prometheus.query-failed'],
    [200, { status: 'success', data: { resultType: 'vector', result: [null] } }, 'prometheus.query-failed'],
    [200, { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] } }, 'prometheus.query-failed'],
    [200, { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [1, 2] }] } }, 'prometheus.query-failed'],
  ])('HTTP %i %j is no data: %s', async (status, answer, code) => {
    const error = await failureOf(queryOf(answer, status));
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/[\r\n]/);
  });

  it.each(['', 'abc', ' '])('a value %j is not taken for a number', async (value) => {
    const { samples } = await queryOf(vector(value)).catch(() => ({ samples: [{ value: NaN }] }));
    expect(samples[0]?.value).toBeNaN();
  });

  it('says which one is missing', async () => {
    const prometheus = createPrometheus({ find: () => undefined });
    expect((await failureOf(prometheus.query('up', { source: 'main', signal: signal() }))).message).toBe('source main has no prometheus');
    expect((await failureOf(prometheus.query('up', { source: 'main', from: 'x', signal: signal() }))).message).toBe(
      'no prometheus is named x',
    );
  });
});
