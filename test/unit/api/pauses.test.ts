import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalPause } from '../../../src/api/local-pause.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { Rulebook } from '../../../src/rule/rulebook.ts';
import { load, positive } from '../rule/shapes.ts';
import { addRun, aRun, buildApi, closeApis, get, post, type Api } from './api-fixture.ts';

const rules = `rules:
  - name: guardrails-slow
    summary: s
    match: ['alertname="A"', 'namespace=~"ml-platform|ml-staging"']
    ladder: [ { remediation: scale-deployment, with: { namespace: guardrails-platform, name: web, replicas: { atLeast: 2 } } } ]
    ${positive}
`;

function rulebook(): Rulebook {
  const { rulebook: loaded, problems } = load({ rules });
  if (loaded === undefined) throw new Error(JSON.stringify(problems));
  return loaded;
}

const loaded = rulebook();
const sources = ['east', 'west'].map((name) => ({ name, credentials: [] }));
let api: Api;

beforeEach(() => (api = buildApi({ rulebook: () => loaded, sources })));
afterEach(closeApis);

async function pause(scope: unknown, more: object = {}, on = api) {
  const response = await post(on, '/api/v1/pauses', { body: { scope, reason: 'r', ...more } });
  const { code, detail, note, id } = response.json<{ code?: string; detail?: string; note?: string; id?: string }>();
  return { status: response.statusCode, code, detail, note, id };
}

const made = { status: 201, note: undefined };
const target = 'kubernetes/default/shop/deployment.apps/web';

async function openIncident(on: Api): Promise<void> {
  const labels = { alertname: 'A', namespace: 'checkout' };
  const alert = { source: 'south', fingerprint: 'f1', status: 'firing', labels, annotations: {}, startsAt: 1 } as const;
  await on.store.intake({
    notification: 'n1',
    source: 'south',
    receivedAt: 1,
    tombstone: 1000,
    entries: [{ alert, rule: 'taken-out', subject: 'redis/cache', params: 'p', flap: 1000, newIncident: 'i1' }],
    unmatched: [],
  });
}

describe('a pause of a rule or a source', () => {
  it.each([
    [{ kind: 'rule', name: 'guardrails-slwo' }, 'rule.unknown', 'no rule is called "guardrails-slwo"; did you mean guardrails-slow?'],
    [{ kind: 'rule', name: 'zzz' }, 'rule.unknown', 'no rule is called "zzz"'],
    [{ kind: 'source', name: 'eats' }, 'source.unknown', 'no source is called "eats"; did you mean east?'],
  ])('that nothing knows is refused: %j', async (scope, code, detail) => {
    const answer = await pause(scope);
    expect(answer).toMatchObject({ status: 404, code });
    expect(answer.detail).toBe(`${detail}; nothing is paused by this, --force (force: true) pauses it all the same`);
    expect(await api.store.pauses()).toEqual([]);
    expect(await pause(scope, { force: true })).toMatchObject({ status: 201, note: detail });
    expect(await api.store.pauses()).toHaveLength(1);
  });

  it.each([
    { kind: 'rule', name: 'guardrails-slow' },
    { kind: 'source', name: 'west' },
  ])('that is there is made: %j', async (scope) => expect(await pause(scope)).toMatchObject(made));

  it('that is known by a run or an open incident only is made', async () => {
    const scopes = [
      { kind: 'rule', name: 'of-another-replica' },
      { kind: 'rule', name: 'taken-out' },
      { kind: 'source', name: 'north' },
      { kind: 'source', name: 'south' },
    ];
    for (const scope of scopes) expect((await pause(scope)).status).toBe(404);
    await addRun(api, aRun({ rule: 'of-another-replica', source: 'north' }));
    await openIncident(api);
    for (const scope of scopes) expect(await pause(scope)).toMatchObject(made);
  });

  it('of a live run is made, however many have begun since', async () => {
    await addRun(api, aRun({ source: 'north' }));
    for (let index = 2; index < 320; index++) await addRun(api, aRun({ id: `i${index}-1`, phase: 'succeeded', at: 1_700_000_100_000 }));
    expect(await pause({ kind: 'source', name: 'north' })).toMatchObject(made);
  });
});

describe('a pause of a target', () => {
  it.each([
    ['model-pii-detect', 'is no target: write kubernetes/<cluster>/<namespace>/<kind>/<name>'],
    ['kubernetes/default/shop/deployment.apps/*', 'it is one target, no pattern'],
    ['kubernetes/default/shop/deployment/web', `targets name the kind deployment.apps, not deployment; did you mean ${target}?`],
    ['kubernetes/default/shop/deployments.apps/web', `did you mean ${target}?`],
    ['kubernetes/default/shop/pods/web-0', 'did you mean kubernetes/default/shop/pod/web-0?'],
  ])('that can be none is refused: %s', async (name, detail) => {
    for (const force of [false, true]) {
      const answer = await pause({ kind: 'target', name }, { force });
      expect(answer).toMatchObject({ status: 400, code: 'request.malformed' });
      expect(answer.detail).toContain(detail);
    }
    expect(await api.store.pauses()).toEqual([]);
  });

  it('that nothing names is made, and said to be so', async () => {
    await addRun(api, aRun());
    await openIncident(api);
    const wanted = `no rule, open incident or recent run names target`;
    expect((await pause({ kind: 'target', name: target.replace('web', 'wbe') })).note).toBe(
      `${wanted} "kubernetes/default/shop/deployment.apps/wbe"; did you mean ${target}?`,
    );
    const other = target.replace('web', 'model-prompt-guard');
    expect((await pause({ kind: 'target', name: other })).note).toBe(`${wanted} ${JSON.stringify(other)}`);
    expect((await pause({ kind: 'target', name: 'kubernetes/default/shop/widget.example.com/w' })).status).toBe(201);
    for (const name of [target, 'redis/cache']) expect(await pause({ kind: 'target', name })).toMatchObject(made);
  });
});

describe('a pause of a namespace', () => {
  it('that nothing names is made, and said to be so', async () => {
    const note = 'no rule, open incident or recent run names namespace "guardrail-platform"; did you mean guardrails-platform?';
    expect(await pause({ kind: 'namespace', name: 'guardrail-platform' })).toMatchObject({ status: 201, note });
    expect(await api.store.pauses()).toHaveLength(1);
  });

  it('that a rule, a run or an open incident names is made without a word', async () => {
    const names = ['guardrails-platform', 'ml-platform', 'ml-staging', 'shop', 'checkout', 'till'];
    for (const name of names.slice(3)) expect((await pause({ kind: 'namespace', name })).note).toContain(name);
    await addRun(api, aRun());
    const alert = { ...aRun().alert, labels: { namespace: 'till' } };
    await addRun(api, aRun({ id: 'i2-1', subject: 'http/a:1', rungs: [], alert }));
    await openIncident(api);
    for (const name of names) expect(await pause({ kind: 'namespace', name })).toMatchObject(made);
  });

  it.each(['guardrails-*', 'Shop', 'shop/web'])('that can be none is refused: %s', async (name) => {
    expect(await pause({ kind: 'namespace', name })).toMatchObject({ status: 400, code: 'request.malformed' });
  });
});

describe('a pause while nothing can be asked', () => {
  const scopes = [
    { kind: 'rule', name: 'zzz' },
    { kind: 'source', name: 'zzz' },
    { kind: 'namespace', name: 'zzz' },
    { kind: 'target', name: target },
  ];
  const deaf = (answer: () => Promise<never>) => ({
    ...buildApi().store,
    incidents: answer,
    runs: answer,
  });

  it.each(scopes)('is made all the same: %j', async (scope) => {
    const store = deaf(() => Promise.reject(new FixpointError('store.unavailable', 'down')));
    const note = 'whether anything is in this scope could not be looked up (store.unavailable)';
    expect(await pause(scope, {}, buildApi({ rulebook: () => loaded, sources, store }))).toMatchObject({ status: 201, note });
  });

  it.each(scopes)('waits for no answer: %j', async (scope) => {
    const slow = buildApi({ rulebook: () => loaded, sources, store: deaf(() => new Promise(() => {})) });
    const answers: unknown[] = [];
    const asked = pause(scope, {}, slow).then((answer) => answers.push(answer));
    while (answers.length === 0) await slow.clock.advance(500);
    await asked;
    expect(answers[0]).toMatchObject({ status: 201, note: 'whether anything is in this scope could not be looked up (timeout)' });
  });
});

describe('a pause of one process by its file', () => {
  const local: LocalPause = {
    how: 'file',
    name: '/data/PAUSED',
    process: 'host-1',
    reason: 'paused by the file /data/PAUSED',
    end: 'remove it',
    since: 1_700_000_000_000,
  };
  const lift = async (on: Api) =>
    (await on.server.inject({ method: 'DELETE', url: '/api/v1/pauses/local', headers: { host: 'localhost' } })).json<object>();

  it('is listed beside the others', async () => {
    const paused = buildApi({ localPause: () => local });
    const shown = { ...local, id: 'local', since: '2023-11-14T22:13:20.000Z' };
    expect((await get(paused, '/api/v1/pauses')).json()).toEqual({ pauses: [], local: shown });
    expect((await get(api, '/api/v1/pauses')).json()).toEqual({ pauses: [], local: null });
  });

  it('is lifted by no request, which says what does', async () => {
    const detail = 'process host-1 is paused by the file /data/PAUSED; to end it, remove it';
    expect(await lift(buildApi({ localPause: () => local }))).toMatchObject({ status: 409, code: 'pause.local', detail });
    expect(await lift(api)).toMatchObject({ status: 404, code: 'pause.unknown' });
  });
});
