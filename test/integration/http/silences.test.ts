import { describe, expect, it } from 'vitest';
import { alertChannel } from '../../../src/adapters/alertmanager/alert-channel.ts';
import { AlertmanagerClient } from '../../../src/adapters/alertmanager/alertmanager.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { JsonApi } from '../../../src/adapters/http/json-api.ts';
import type { Labels } from '../../../src/alert/alert.ts';
import type { AlertmanagerReader, AlertmanagerWriter } from '../../../src/ports/alertmanager.ts';
import { messageOf } from '../../contract/store/messages.ts';
import { startAlertmanager } from '../../support/alertmanager.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { applyOf, contextOf, planOf } from '../../support/actions/world.ts';
import { failureOf } from './connected.ts';
import { serve } from './served.ts';

const config = 'route: { receiver: none }\nreceivers: [{ name: none }]\n';

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

function contextOver(url: string) {
  const client = new AlertmanagerClient(new Map([['main', { url, api: new JsonApi(url) }]]));
  const writer = client.writer(() => Promise.resolve());
  const port: AlertmanagerReader & AlertmanagerWriter = {
    targetOf: (source) => client.targetOf(source),
    ownSilences: (source, ends) => client.ownSilences(source, ends),
    ...writer,
  };
  return { client, context: contextOf({ alertmanager: port }, systemClock()) };
}

describe('against a real Alertmanager', () => {
  it('a silence is made once, found again, ended by its inverse, and other people’s stay', async () => {
    await using server = await startAlertmanager({ config });
    const { client, context } = contextOver(server.url);
    const theirs = {
      matchers: [{ name: 'alertname', value: 'High', isRegex: false, isEqual: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      comment: 'c',
      createdBy: 'anna',
    };
    await fetch(`${server.url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(theirs),
    });
    const params = { matchers: ['alertname="High"', 'namespace!~"kube-.*"'], for: '1h', comment: 'a restart' };
    const plan = await planOf('alertmanager.silence', params, context);
    expect(plan).toMatchObject({
      target: client.targetOf('main'),
      changes: [
        { what: 'alerts with alertname="High", fixpoint_escalation="", namespace!~"kube-.*"', from: 'not silenced', to: 'silenced' },
      ],
    });
    await applyOf('alertmanager.silence', plan.intent, context);
    await applyOf('alertmanager.silence', plan.intent, context);
    const own = await client.ownSilences('main', signal());
    expect(own).toHaveLength(1);
    expect(own[0]?.comment).toMatch(/^a restart \(run run-1, [0-9a-f]{16}\)$/);
    expect((await planOf('alertmanager.silence', { ...params, for: '30m' }, context)).changes).toEqual([]);
    const back = await planOf('alertmanager.expireSilence', plan.inverse?.with ?? null, context);
    expect(back.changes).toEqual([{ what: plan.changes[0]?.what, from: 'silenced', to: 'not silenced' }]);
    await applyOf('alertmanager.expireSilence', back.intent, context);
    expect(await client.ownSilences('main', signal())).toEqual([]);
    const left = (await (await fetch(`${server.url}/api/v2/silences`)).json()) as { createdBy: string; status: { state: string } }[];
    expect(left.filter(({ status }) => status.state === 'active').map(({ createdBy }) => createdBy)).toEqual(['anna']);
  });

  it('a call for help is heard, whatever its labels have in common with what is silenced', async () => {
    await using server = await startAlertmanager({ config });
    const { context } = contextOver(server.url);
    const matchers = ['namespace="shop"', 'severity=~"critical|page"'];
    const { intent } = await planOf('alertmanager.silence', { matchers, for: '1h' }, context);
    await applyOf('alertmanager.silence', intent, context);
    const now = Date.now();
    await fetch(`${server.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ labels: { alertname: 'High', namespace: 'shop', severity: 'critical' } }]),
    });
    await alertChannel({ name: 'people', api: new JsonApi(server.url) }).send(
      { message: messageOf('i1-1', { labels: { namespace: 'shop' } }), startsAt: now, endsAt: now + 300_000 },
      signal(),
    );
    const states = async () => {
      const alerts = (await (await fetch(`${server.url}/api/v2/alerts`)).json()) as { labels: Labels; status: { state: string } }[];
      return Object.fromEntries(alerts.map(({ labels, status }) => [labels['alertname'], status.state]));
    };
    await waitUntil(async () => Object.values(await states()).filter((state) => state !== 'unprocessed').length === 2, {
      describe: 'both alerts to be looked at',
    });
    expect(await states()).toEqual({ High: 'suppressed', FixpointEscalation: 'active' });
  });

  it('a notice is one alert, however often it is sent, and is marked as ours', async () => {
    await using server = await startAlertmanager({ config });
    const { context } = contextOver(server.url);
    const { intent, target } = await planOf('notify.alertmanager', { title: 'rolled back', text: 'to 41', severity: 'warning' }, context);
    expect(target).toBe('run/run-1');
    await applyOf('notify.alertmanager', intent, context);
    await applyOf('notify.alertmanager', intent, context);
    const alerts = (await (await fetch(`${server.url}/api/v2/alerts`)).json()) as { labels: object; annotations: object }[];
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({
      labels: { alertname: 'FixpointNotice', fixpoint_escalation: 'notice', severity: 'warning', run: 'run-1' },
      annotations: { summary: 'rolled back', description: 'to 41' },
    });
  });
});

describe('what goes wrong', () => {
  it('a source without an Alertmanager has no target', async () => {
    const { context } = contextOver('http://127.0.0.1:1');
    const other = planOf('alertmanager.silence', { source: 'other', matchers: ['alertname="High"'], for: '1h' }, context);
    expect(await failureOf(other)).toMatchObject({ code: 'target.missing' });
    const away = planOf('alertmanager.silence', { matchers: ['alertname="High"'], for: '1h' }, context);
    expect(await failureOf(away)).toMatchObject({ code: 'alertmanager.unavailable', retryable: true });
  });

  it.each([
    [500, 'alertmanager.unavailable'],
    [400, 'params.invalid'],
    [200, 'alertmanager.unavailable'],
  ])('an answer %i in another form is %s', async (status, code) => {
    await using server = await serve(
      (_request, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end('"oops"'),
    );
    const { client } = contextOver(server.origin);
    expect(await failureOf(client.ownSilences('main', signal()))).toMatchObject({ code });
  });

  it('nothing is sent without a permit', async () => {
    await using server = await serve((_request, response) => void response.end('{}'));
    const { client } = contextOver(server.origin);
    const writer = client.writer(() => Promise.reject(new Error('paused')));
    await expect(writer.expire('main', 'x', signal())).rejects.toThrow('paused');
    await expect(writer.notify('main', { labels: {}, annotations: {}, endsAt: 0 }, signal())).rejects.toThrow('paused');
    expect(server.seen).toEqual([]);
  });
});
