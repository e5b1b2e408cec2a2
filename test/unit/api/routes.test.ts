import { afterEach, describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { IncidentView } from '../../../src/api/incident-view.ts';
import { addRun, anAlert, aRun, bodyOf, buildApi, closeApis, get, post, recordedBody } from './api-fixture.ts';

afterEach(closeApis);

const start = 1_700_000_000_000;

describe('rehearsals', () => {
  it('replay a message, a notification or a run', async () => {
    const api = buildApi({ sources: [{ name: 'east', credentials: [] }] });
    const message = JSON.parse(recordedBody());
    const response = await post(api, '/api/v1/replay', { body: { webhook: message } });
    await post(api, '/api/v1/replay', { body: { notification: 'n9', mode: 'real', reason: 'again' } });

    expect([response.statusCode, response.json()]).toEqual([202, { notification: 'n1', runs: ['i1-1'] }]);
    expect(api.replays).toEqual([
      { webhook: message, source: 'east', mode: 'plan', by: 'local' },
      { notification: 'n9', mode: 'real', reason: 'again', by: 'local' },
    ]);
  });

  it.each([
    [{}, 'request.malformed'],
    [{ run: 'a', notification: 'b' }, 'request.malformed'],
    [{ run: 'a', mode: 'reel' }, 'request.malformed'],
    [{ webhook: { alert: [] } }, 'webhook.malformed'],
    [{ webhook: bodyOf([anAlert]), source: 'nowhere' }, 'source.unknown'],
  ])('refuse to replay %j', async (body, code) => {
    const api = buildApi();

    expect((await post(api, '/api/v1/replay', { body })).json().code).toBe(code);
    expect(api.replays).toEqual([]);
  });

  it('explain a message', async () => {
    const api = buildApi({
      sources: [
        { name: 'east', credentials: [] },
        { name: 'west', credentials: [] },
      ],
    });
    const response = await post(api, '/api/v1/explain?source=west', { body: bodyOf([anAlert]) });

    expect([response.statusCode, response.json()]).toEqual([200, { alerts: [{ fingerprint: 'f', rules: [] }] }]);
    expect(api.explained).toEqual(['west']);
    expect((await post(api, '/api/v1/explain', { body: {} })).json().code).toBe('webhook.malformed');
  });

  it('explain alerts as people come by them', async () => {
    const { labels } = anAlert;
    const bodies = [[{ labels }, { labels }], { labels }, { status: 'success', data: { alerts: [{ labels, state: 'firing' }] } }];
    const api = buildApi();
    const answers = await Promise.all(
      bodies.map(async (body) => (await post(api, '/api/v1/explain', { body })).json().alerts.length as number),
    );

    expect(answers).toEqual([2, 1, 1]);
  });
});

describe('lists', () => {
  it('show incidents and kept notifications', async () => {
    const api = buildApi();
    const alert = {
      source: 'default',
      fingerprint: 'f1',
      status: 'firing',
      labels: { alertname: 'A' },
      annotations: {},
      startsAt: start,
    } as const;
    await api.store.intake({
      notification: 'n1',
      source: 'default',
      receivedAt: start,
      tombstone: 1000,
      entries: [{ alert, rule: 'r1', subject: 'redis/cache', params: 'p', flap: 1000, newIncident: 'i1' }],
      unmatched: [],
      keep: { body: bodyOf([anAlert]) as never, bytes: 100 },
    });
    const { incidents } = (await get(api, '/api/v1/incidents?state=open&rule=r1')).json();

    expect(incidents).toHaveLength(1);
    expect(IncidentView.parse(incidents[0])).toMatchObject({ id: 'i1', state: 'open', firing: 1, openedAt: new Date(start).toISOString() });
    expect((await get(api, '/api/v1/incidents?state=opne')).json().detail).toContain('did you mean open?');
    expect((await get(api, '/api/v1/notifications')).json()).toEqual({
      notifications: [{ id: 'n1', source: 'default', receivedAt: new Date(start).toISOString(), alerts: 1 }],
    });
  });

  it('show rules, actions and guards', async () => {
    const api = buildApi();

    expect((await get(api, '/api/v1/rules')).json()).toMatchObject({ rules: [], rulebook: expect.stringMatching(/^[0-9a-f]+$/) });
    expect((await get(api, '/api/v1/actions')).json().actions).toEqual([
      { name: 'kubernetes.scale', summary: 'Set the replica count', effect: 'converge' },
    ]);
    expect((await get(api, '/api/v1/guards')).json().guards).toEqual([{ name: 'paused', summary: 'Nothing is paused', tier: 'mandatory' }]);
  });
});

describe('pauses', () => {
  it('are set, listed and lifted', async () => {
    const api = buildApi();
    await addRun(api, aRun());
    const made = await post(api, '/api/v1/pauses', { body: { scope: 'global', reason: 'maintenance', until: '30m' } });
    await post(api, '/api/v1/pauses', { body: { scope: { kind: 'rule', name: 'r1' }, reason: 'noisy' } });
    const { pauses } = (await get(api, '/api/v1/pauses')).json();

    expect([made.statusCode, made.headers['location']]).toEqual([201, `/api/v1/pauses/${made.json().id}`]);
    expect(made.json()).toMatchObject({
      scope: { kind: 'global' },
      reason: 'maintenance',
      by: 'local',
      until: new Date(start + 1_800_000).toISOString(),
    });
    expect(pauses.map(({ scope, until }: { scope: object; until: string }) => [scope, until])).toContainEqual([
      { kind: 'rule', name: 'r1' },
      null,
    ]);
    const lift = async () =>
      (await api.server.inject({ method: 'DELETE', url: made.headers['location'] as string, headers: { host: 'localhost' } })).statusCode;
    expect([await lift(), await lift()]).toEqual([204, 404]);
    expect((await get(api, '/api/v1/pauses')).json().pauses).toHaveLength(1);
  });

  it.each([
    { reason: 'x' },
    { scope: 'everything', reason: 'x' },
    { scope: { kind: 'rule' }, reason: 'x' },
    { scope: { kind: 'global', name: 'r1' }, reason: 'x' },
    { scope: 'global' },
    { scope: 'global', reason: 'x', until: '2020-01-01T00:00:00Z' },
    { scope: 'global', reason: 'x', until: 'soon' },
  ])('are refused as %j', async (body) => {
    expect((await post(buildApi(), '/api/v1/pauses', { body })).json()).toMatchObject({ status: 400, code: 'request.malformed' });
  });
});

describe('the service about itself', () => {
  it('is ready or says why not', async () => {
    const api = buildApi({ ready: async () => ({ ready: false, reasons: ['Redis does not answer'] }) });
    const response = await get(api, '/-/ready');

    expect([response.statusCode, response.json()]).toEqual([503, { ready: false, reasons: ['Redis does not answer'] }]);
    expect((await get(buildApi(), '/-/ready')).json()).toEqual({ ready: true });
    const warned = buildApi({ ready: async () => ({ ready: true, reasons: [], warnings: ['source main is silent'] }) });
    expect((await get(warned, '/-/ready')).json()).toEqual({ ready: true, warnings: ['source main is silent'] });
  });

  it('reloads, or says what is wrong with the rules', async () => {
    const problems = ['rules/a.yaml:1:1: error: no'];
    const { operations } = {
      operations: {
        act: async () => undefined,
        undo: async () => '',
        pauseLifted: async () => undefined,
        replay: async () => ({ notification: '', runs: [] }),
        explain: async () => ({ alerts: [] }),
        restore: async () => undefined,
        demotions: async () => new Map(),
      },
    };
    const bad = buildApi({
      operations: {
        ...operations,
        reload: () => Promise.reject(new FixpointError('rules.invalid', '1 problem', { details: { problems } })),
      },
    });

    expect((await post(buildApi(), '/-/reload', { body: {} })).json()).toEqual({ hash: 'h', rules: 2, problems: [] });
    expect((await post(bad, '/-/reload', { body: {} })).json()).toMatchObject({ status: 422, code: 'rules.invalid', problems });
    expect((await buildApi().server.inject({ method: 'POST', url: '/-/reload', headers: { host: 'localhost' } })).statusCode).toBe(200);
  });

  it('gives metrics as text', async () => {
    const response = await get(buildApi(), '/metrics');

    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(response.body).toContain('fixpoint_build_info{version="0.1.0"} 1');
  });
});

describe('what is not there', () => {
  it.each([
    ['GET', '/nope', 404, 'not-found'],
    ['GET', '/api/v1/webhook', 405, 'method.not-allowed'],
    ['DELETE', '/api/v1/runs/i1-1', 405, 'method.not-allowed'],
    ['GET', '/api/v1/runs/%ZZ', 400, 'request.malformed'],
    ['GET', `/api/v1/runs/${'x'.repeat(600)}`, 400, 'request.malformed'],
    ['PUT', '/metrics', 405, 'method.not-allowed'],
  ] as const)('%s %s is %i', async (...[method, url, status, code]) => {
    const response = await buildApi().server.inject({ method, url, headers: { host: 'localhost' } });

    expect([response.statusCode, response.headers['content-type'], response.json().code]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
      code,
    ]);
    if (status === 405) expect(response.headers['allow']).toMatch(/GET|POST/);
  });

  it('carries the security headers everywhere', async () => {
    const api = buildApi();
    const taken = await post(api, '/api/v1/webhook', { body: bodyOf([anAlert]) });
    expect([taken.statusCode, taken.headers]).toMatchObject([
      202,
      { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'" },
    ]);
    const refused = await post(api, '/api/v1/webhook', { body: '{' });
    expect([refused.statusCode, refused.headers]).toMatchObject([
      400,
      {
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining('frame-ancestors') as string,
      },
    ]);
    for (const url of ['/-/healthy', '/nope', '/api/v1/runs/%ZZ', '/api/v1/runs?x=1']) {
      expect((await get(api, url)).headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
    }
  });
});
