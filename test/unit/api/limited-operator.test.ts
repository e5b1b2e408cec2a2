import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addRun, aRun, buildApi, closeApis, get, post, tokenOf, type Api } from './api-fixture.ts';

let api: Api;
const ann = { authorization: 'Bearer ann' };
const root = { authorization: 'Bearer root' };

beforeEach(async () => {
  api = buildApi({ access: { tokens: [{ ...tokenOf('ann', 'operator'), namespaces: ['shop', 'shop-eu'] }, tokenOf('root', 'admin')] } });
  await addRun(api, aRun());
});
afterEach(closeApis);

const pause = async (scope: unknown, headers = ann) => await post(api, '/api/v1/pauses', { body: { scope, reason: 'r' }, headers });

describe('an operator of some namespaces', () => {
  it.each([
    { kind: 'namespace', name: 'shop' },
    { kind: 'target', name: 'kubernetes/default/shop-eu/deployment.apps/web' },
  ])('pauses %j, and lifts it', async (scope) => {
    const made = await pause(scope);
    expect(made.statusCode).toBe(201);
    const { id } = made.json<{ id: string }>();
    expect(
      (await api.server.inject({ method: 'DELETE', url: `/api/v1/pauses/${id}`, headers: { host: 'localhost', ...ann } })).statusCode,
    ).toBe(204);
    const journal = await api.store.journal('0', 10);
    expect(journal.filter(({ type }) => type === 'paused' || type === 'resumed').map(({ type, data }) => [type, data['by']])).toEqual([
      ['paused', 'ann'],
      ['resumed', 'ann'],
    ]);
  });

  it.each([
    'global',
    { kind: 'rule', name: 'r1' },
    { kind: 'source', name: 'default' },
    { kind: 'namespace', name: 'bank' },
    { kind: 'namespace', name: 'shop-e' },
    { kind: 'target', name: 'kubernetes/default/bank/deployment.apps/web' },
    { kind: 'target', name: 'kubernetes/default/-/node/n1' },
    { kind: 'target', name: 'redis/shop' },
  ])('neither pauses %j nor lifts it', async (scope) => {
    expect((await pause(scope)).json().code).toBe('auth.forbidden');
    const { id } = (await pause(scope, root)).json<{ id: string }>();
    const lifted = await api.server.inject({ method: 'DELETE', url: `/api/v1/pauses/${id}`, headers: { host: 'localhost', ...ann } });
    expect(lifted.json().code).toBe('auth.forbidden');
    expect(await api.store.pauses()).toHaveLength(1);
  });

  it.each([
    { kind: 'target', name: 'shop' },
    { kind: 'target', name: 'kubernetes/default/shop/deployment.apps/web/../x' },
  ])('does not pause %j, nor does anybody', async (scope) => {
    expect((await pause(scope)).json().code).toBe('auth.forbidden');
    expect((await pause(scope, root)).json().code).toBe('request.malformed');
  });

  it('is told so in every wish that the service is asked for', async () => {
    for (const kind of ['approve', 'deny', 'cancel', 'acknowledge', 'undo'])
      await post(api, `/api/v1/runs/i1-1/${kind}`, { body: { reason: 'r' }, headers: ann });
    await post(api, '/api/v1/rules/r2/restore', { body: { reason: 'r' }, headers: ann });
    await post(api, '/api/v1/runs/i1-1/replay', { body: {}, headers: ann });
    await post(api, '/api/v1/replay', { body: { run: 'i1-1' }, headers: ann });
    expect(api.acts).toHaveLength(6);
    for (const wish of [...api.acts, ...api.replays]) expect(wish).toMatchObject({ by: 'ann', within: ['shop', 'shop-eu'] });
    await post(api, '/api/v1/runs/i1-1/cancel', { body: { reason: 'r' }, headers: root });
    expect(api.acts.at(-1)).toEqual({ kind: 'cancel', run: 'i1-1', by: 'root', reason: 'r', role: 'admin' });
  });

  it('sees everything', async () => {
    for (const path of ['/api/v1/runs', '/api/v1/runs/i1-1', '/api/v1/pauses', '/api/v1/incidents', '/api/v1/rules', '/metrics'])
      expect([path, (await get(api, path, ann)).statusCode]).toEqual([path, 200]);
  });
});

it('a reload is asked for by somebody', async () => {
  const asked: string[] = [];
  const { operations } = { operations: { reload: async (by: string) => ({ hash: by, rules: asked.push(by), problems: [] }) } };
  const own = buildApi({ access: { tokens: [tokenOf('root', 'admin')] }, operations: operations as never });
  await post(own, '/-/reload', { body: {}, headers: root });
  expect(asked).toEqual(['root']);
});
