import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createEvidence, type EvidenceSource } from '../../../src/adapters/alertmanager/evidence.ts';
import { JsonApi } from '../../../src/adapters/http/json-api.ts';
import type { Alert, Labels } from '../../../src/alert/alert.ts';
import { listedAlert } from '../../support/alertmanager-answers.ts';
import { startAlertmanager } from '../../support/alertmanager.ts';
import { sendJson, serve, type Served } from './served.ts';

const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const labels = { alertname: 'High', pod: 'a"b\\c', platform: 'shop' };
const alert: Alert = { source: 'main', fingerprint: 'f1', status: 'firing', labels, annotations: {}, startsAt: 0 };
const silences: Readonly<Record<string, string>> = { s1: 'fixpoint', s2: 'anna', s3: 'fixpoint' };

function gettable(
  status: Parameters<typeof listedAlert>[0]['status'],
  fingerprint = 'f1',
  own: Labels = { alertname: 'High', pod: 'a"b\\c' },
) {
  return listedAlert({
    fingerprint,
    labels: own,
    annotations: { summary: 's' },
    startsAt: '2026-01-02T03:04:05.678Z',
    status: status ?? {},
  });
}

interface Groups {
  readonly body: unknown;
  readonly status: number;
}

/** Without `groups` it does not know that path. */
async function alertmanager(alerts: unknown, status = 200, groups?: Groups): Promise<Served> {
  return await serve(({ url }, response) => {
    const id = /^\/api\/v2\/silence\/(.*)$/.exec(url)?.[1];
    if (url.startsWith('/api/v2/alerts/groups')) return sendJson(response, groups?.body ?? 'not found', groups?.status ?? 404);
    if (id === undefined) return sendJson(response, alerts, status);
    if (id === 'broken') return sendJson(response, 'oops', 500);
    const createdBy = silences[id];
    return createdBy === undefined ? sendJson(response, 'silence not found', 404) : sendJson(response, { id, createdBy });
  });
}

function evidenceOf(server: Served, more: Partial<EvidenceSource> = {}) {
  return createEvidence(new Map([['main', { kind: 'api', alertmanager: new JsonApi(server.origin), addedLabels: ['platform'], ...more }]]));
}

const suppressed = { state: 'suppressed' };

describe('the standing of an alert, by Alertmanager', () => {
  it.each([
    ['active', [gettable({})], { standing: 'firing' }],
    ['not yet processed', [gettable({ state: 'unprocessed' })], { standing: 'firing' }],
    ['gone', [], { standing: 'absent' }],
    ['only another one there', [gettable({}, 'f2')], { standing: 'absent' }],
    ['silenced by a person', [gettable({ ...suppressed, silencedBy: ['s2'] })], { standing: 'suppressed', by: 'silence s2' }],
    ['silenced by ourselves', [gettable({ ...suppressed, silencedBy: ['s1', 's3'] })], { standing: 'firing' }],
    ['silenced by both', [gettable({ ...suppressed, silencedBy: ['s1', 's2'] })], { standing: 'suppressed', by: 'silence s2' }],
    [
      'silenced by one that is forgotten',
      [gettable({ ...suppressed, silencedBy: ['gone'] })],
      { standing: 'suppressed', by: 'silence gone' },
    ],
    [
      'silenced by ourselves and inhibited',
      [gettable({ ...suppressed, silencedBy: ['s1'], inhibitedBy: ['i1'] })],
      { standing: 'suppressed', by: 'inhibition by i1' },
    ],
    ['inhibited', [gettable({ ...suppressed, inhibitedBy: ['i1'] })], { standing: 'suppressed', by: 'inhibition by i1' }],
    ['muted', [gettable({ ...suppressed, mutedBy: ['nights'] })], { standing: 'suppressed', by: 'mute nights' }],
    ['suppressed by nobody knows what', [gettable(suppressed)], { standing: 'suppressed', by: 'Alertmanager' }],
  ])('%s', async (_name, alerts, standing) => {
    await using server = await alertmanager(alerts);
    expect(await evidenceOf(server).standing(alert, signal())).toEqual(standing);
  });

  it('is asked without the labels that no address has room for, and told from others by its fingerprint', async () => {
    const own = { ...alert.labels, dump: 'é'.repeat(3_000_000), query: 'x'.repeat(3000), other: '%'.repeat(1300) };
    await using server = await alertmanager([gettable({}, 'f2'), gettable({})]);
    expect(await evidenceOf(server).standing({ ...alert, labels: own }, signal())).toEqual({ standing: 'firing' });
    const asked = server.seen.map(({ url }) => new URL(url, server.origin).searchParams.getAll('filter'));
    const filters = ['alertname="High"', 'pod="a\\"b\\\\c"', `query="${'x'.repeat(3000)}"`];
    expect(asked).toEqual([filters, filters]);
  });

  it('is asked with the own labels of the alert, quoted, and without those that the source adds', async () => {
    await using server = await alertmanager([]);
    await evidenceOf(server).standing({ ...alert, labels: { ...labels, 'with space': 'x' } }, signal());
    expect(new URL(server.seen[0]?.url ?? '', server.origin).searchParams.getAll('filter')).toEqual([
      'alertname="High"',
      'pod="a\\"b\\\\c"',
    ]);
  });

  it.each([
    ['an error', { x: 1 }, 503],
    ['another form', { alerts: [] }, 200],
    ['alerts without a status', [{ fingerprint: 'f1', labels: {}, startsAt: 'x' }], 200],
    ['nothing', null, 200],
    ['a silence that cannot be asked', [gettable({ ...suppressed, silencedBy: ['broken'] })], 200],
  ])('%s is no answer', async (_name, answer, status) => {
    await using server = await alertmanager(answer, status);
    await expect(evidenceOf(server).standing(alert, signal())).rejects.toMatchObject({ code: 'alertmanager.unavailable' });
  });

  it('no Alertmanager, and no such source, are no answer', async () => {
    const evidence = createEvidence(new Map([['main', { kind: 'api', addedLabels: [] }]]));
    await expect(evidence.standing(alert, signal())).rejects.toMatchObject({
      code: 'alertmanager.unavailable',
      message: 'source main has no alertmanager to ask',
    });
    await expect(evidence.standing({ ...alert, source: 'other' }, signal())).rejects.toMatchObject({ code: 'alertmanager.unavailable' });
    expect(evidence.kindOf('other')).toBe('api');
    expect(createEvidence(new Map()).kindOf('other')).toBe('receipt');
  });
});

describe('an alert that is muted', () => {
  const file = new URL('../../fixtures/alertmanager-api/constructed-0.28-muted-groups.json', import.meta.url);
  const groups: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const standing = async (given: unknown, receivers?: readonly string[]) => {
    await using server = await alertmanager([gettable({})], 200, given === undefined ? undefined : { body: given, status: 200 });
    return await evidenceOf(server, receivers === undefined ? {} : { receivers }).standing(alert, signal());
  };

  it('for our receiver is suppressed, though another is told of it', async () => {
    expect(await standing(groups, ['fixpoint'])).toEqual({ standing: 'suppressed', by: 'mute nights' });
  });

  it('does not count as another that fires', async () => {
    await using server = await alertmanager([gettable({})], 200, { body: groups, status: 200 });
    const anyFires = (receiver: string) => evidenceOf(server, { receivers: [receiver] }).anyFires('main', [alert], signal());
    expect([await anyFires('fixpoint'), await anyFires('pager')]).toEqual([false, true]);
  });

  it('for another receiver fires', async () => {
    expect(await standing(groups, ['pager'])).toEqual({ standing: 'firing' });
  });

  it('is suppressed without word of our receivers only where nobody is told of it', async () => {
    expect(await standing(groups)).toEqual({ standing: 'firing' });
    expect(await standing((groups as object[]).slice(0, 1))).toEqual({ standing: 'suppressed', by: 'mute nights' });
  });

  it('cannot be told from one that fires before 0.28, nor without groups', async () => {
    const { mutedBy: _none, ...status } = gettable({}).status;
    expect(await standing([{ receiver: { name: 'fixpoint' }, labels: {}, alerts: [{ ...gettable({}), status }] }])).toEqual({
      standing: 'firing',
    });
    expect(await standing(undefined)).toEqual({ standing: 'firing' });
    expect(await standing([])).toEqual({ standing: 'firing' });
  });

  it('is not answered for by groups that cannot be had now', async () => {
    await using server = await alertmanager([gettable({})], 200, { body: 'oops', status: 500 });
    await expect(evidenceOf(server).standing(alert, signal())).rejects.toMatchObject({ code: 'alertmanager.unavailable' });
    await expect(evidenceOf(server).anyFires('main', [alert], signal())).rejects.toMatchObject({ code: 'alertmanager.unavailable' });
  });

  it('is not answered for by groups of another form', async () => {
    await expect(standing({ groups: [] })).rejects.toMatchObject({ code: 'alertmanager.unavailable' });
  });

  it('is asked of a real 0.25, which says nothing of it', async () => {
    await using server = await startAlertmanager({ config: 'route: { receiver: fixpoint }\nreceivers: [{ name: fixpoint }]\n' });
    await fetch(`${server.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ labels: { alertname: 'High', pod: 'a"b' } }]),
    });
    const [listed] = (await (await fetch(`${server.url}/api/v2/alerts`)).json()) as { fingerprint: string }[];
    const own = { ...alert, fingerprint: listed?.fingerprint ?? '', labels: { alertname: 'High', pod: 'a"b' } };
    const api = new JsonApi(server.url);
    const evidence = createEvidence(new Map([['main', { kind: 'api', alertmanager: api, addedLabels: [], receivers: ['fixpoint'] }]]));
    expect(await evidence.standing(own, signal())).toEqual({ standing: 'firing' });
    const query = encodeURIComponent('alertname="High"');
    const told = (await (await fetch(`${server.url}/api/v2/alerts/groups?filter=${query}`)).json()) as { alerts: unknown[] }[];
    expect(told.flatMap(({ alerts }) => alerts)).toHaveLength(1);
  });
});

describe('the alerts that fire', () => {
  it('are all of them, also those that somebody has silenced', async () => {
    await using server = await alertmanager([
      gettable({}, 'a'),
      gettable({ ...suppressed, silencedBy: ['s2'] }, 'b'),
      gettable({ ...suppressed, silencedBy: ['s1'] }, 'c'),
      gettable({ ...suppressed, silencedBy: ['s1'] }, 'd'),
    ]);
    const firing = await evidenceOf(server).firing('main', [], signal());
    expect(firing.map(({ fingerprint }) => fingerprint)).toEqual(['a', 'b', 'c', 'd']);
    expect(firing[0]).toEqual({
      source: 'main',
      fingerprint: 'a',
      status: 'firing',
      labels: { alertname: 'High', pod: 'a"b\\c' },
      annotations: { summary: 's' },
      startsAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    });
  });

  it('are not the calls that we raised ourselves', async () => {
    await using server = await alertmanager([gettable({}, 'a', { alertname: 'FixpointEscalation', fixpoint_escalation: 'true' })]);
    expect(await evidenceOf(server).firing('main', [], signal())).toEqual([]);
  });

  it('are asked for by matchers, but not by labels that only we know', async () => {
    await using server = await alertmanager([]);
    await evidenceOf(server, { addedLabels: ['platform', 'a.b'] }).firing(
      'main',
      ['alertname=~"A|B"', 'platform="shop"', ' "platform" != "x"', '"a.b"="c"', 'aXb="c"', 'platform_x="y"'],
      signal(),
    );
    expect(new URL(server.seen[0]?.url ?? '', server.origin).searchParams.getAll('filter')).toEqual([
      'alertname=~"A|B"',
      'aXb="c"',
      'platform_x="y"',
    ]);
  });

  it('are not asked for by matchers that no address has room for', async () => {
    await using server = await alertmanager([]);
    await expect(evidenceOf(server).firing('main', [`dump="${'x'.repeat(1_000_000)}"`], signal())).rejects.toMatchObject({
      code: 'alertmanager.unavailable',
      message: 'matchers are too long to ask Alertmanager for: an address has room for 4000 characters of them',
    });
    expect(server.seen).toEqual([]);
  });
});

describe('whether any of several alerts fires', () => {
  const others = ['f1', 'f2'].map((fingerprint): Alert => ({ ...alert, fingerprint }));

  it.each([
    ['one fires', [gettable({}, 'f2')], true],
    ['only others do', [gettable({}, 'f3')], false],
    ['nothing does', [], false],
    ['somebody has silenced them', [gettable({ ...suppressed, silencedBy: ['s2'] }, 'f1')], false],
    ['they are inhibited', [gettable({ ...suppressed, inhibitedBy: ['i1'] }, 'f1')], false],
    ['we have silenced them ourselves', [gettable({ ...suppressed, silencedBy: ['s1'] }, 'f1')], true],
    ['one of two is not silenced', [gettable({ ...suppressed, silencedBy: ['s2'] }, 'f1'), gettable({}, 'f2')], true],
  ])('by Alertmanager: %s', async (_name, alerts, answer) => {
    await using server = await alertmanager(alerts);
    expect(await evidenceOf(server).anyFires('main', others, signal())).toBe(answer);
  });

  it('by Alertmanager: no answer is none', async () => {
    await using server = await alertmanager([], 503);
    await expect(evidenceOf(server).anyFires('main', others, signal())).rejects.toMatchObject({ code: 'alertmanager.unavailable' });
  });

  it.each([
    ['firing', 'y', true],
    ['pending', 'y', false],
    ['firing', 'z', false],
  ])('by Prometheus: %s of pod %s', async (state, pod, answer) => {
    const alerts = [{ state, labels: { alertname: 'High', pod } }];
    await using server = await serve((_request, response) => sendJson(response, { status: 'success', data: { alerts } }));
    const evidence = evidenceOf(server, { kind: 'prometheus', prometheus: new JsonApi(server.origin) });
    const ours = ['x', 'y'].map((own): Alert => ({ ...alert, fingerprint: own, labels: { ...labels, pod: own } }));
    expect(await evidence.anyFires('main', ours, signal())).toBe(answer);
    expect(server.seen).toHaveLength(1);
  });
});

describe('the standing of an alert, by Prometheus', () => {
  const byPrometheus = async (answer: unknown, status = 200) => {
    await using server = await serve((_request, response) => sendJson(response, answer, status));
    return await evidenceOf(server, { kind: 'prometheus', prometheus: new JsonApi(server.origin) }).standing(alert, signal());
  };
  const answerWith = (...alerts: object[]) => ({ status: 'success', data: { alerts } });

  it.each([
    ['firing', answerWith({ state: 'firing', labels: { alertname: 'High', pod: 'a"b\\c' } }), 'firing'],
    ['firing with external labels missing', answerWith({ state: 'firing', labels: { alertname: 'High' } }), 'firing'],
    ['only pending', answerWith({ state: 'pending', labels: { alertname: 'High', pod: 'a"b\\c' } }), 'absent'],
    ['another pod', answerWith({ state: 'firing', labels: { alertname: 'High', pod: 'z' } }), 'absent'],
    ['another alert', answerWith({ state: 'firing', labels: { alertname: 'Low' } }), 'absent'],
    ['without a name', answerWith({ state: 'firing', labels: {} }), 'absent'],
  ])('%s', async (_name, answer, standing) => expect(await byPrometheus(answer)).toEqual({ standing }));

  it.each([
    [{}, 200],
    [answerWith(), 500],
    ['x', 200],
  ])('%j with HTTP %i is no answer', async (answer, status) => {
    await expect(byPrometheus(answer, status)).rejects.toMatchObject({ code: 'prometheus.unavailable' });
  });
});
