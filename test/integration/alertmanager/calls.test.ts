import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertChannel } from '../../../src/adapters/alertmanager/alert-channel.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { JsonApi } from '../../../src/adapters/http/json-api.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { parseWebhookMessage } from '../../../src/alert/webhook-message.ts';
import { takeIn } from '../../../src/pipeline/intake.ts';
import { lookAfterCalls, type Callers } from '../../../src/pipeline/look-after-calls.ts';
import type { Store } from '../../../src/ports/store.ts';
import { messageOf } from '../../contract/store/messages.ts';
import { batch, entry, firing, law, runOf } from '../../contract/store/records.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { startAlertmanager } from '../../support/alertmanager.ts';
import type { HttpServer } from '../../support/http-server.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { RecordingChannel } from '../../support/pipeline/recording-channel.ts';
import { PipelineRig, quietMetrics } from '../../support/pipeline-rig.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { serve, type Served } from '../http/served.ts';
import { AlertmanagerApi } from './alertmanager-api.ts';

const rhythm = { every: 300, keptFor: 2000 };

describe('calls through a real Alertmanager', { timeout: 60_000 }, () => {
  let hook: Served;
  let server: HttpServer;
  let api: AlertmanagerApi;
  const clock = systemClock();

  beforeAll(async () => {
    hook = await serve((_request, response) => void response.end());
    const receiver = `{ name: all, webhook_configs: [{ url: '${hook.origin}/hook', send_resolved: true }] }`;
    const config = `route: { receiver: all, group_by: ['...'], group_wait: 0s, group_interval: 1s }\nreceivers: [${receiver}]\n`;
    server = await startAlertmanager({ config });
    api = new AlertmanagerApi(server.url);
  });

  afterAll(async () => {
    await server.stop();
    await hook[Symbol.asyncDispose]();
  });

  async function raised(name: string): Promise<{ store: Store; incident: string; callers: Callers; slack: RecordingChannel }> {
    const store = memoryStore({ clock, law });
    const { outcomes } = await store.intake(batch([entry(firing(name), { newIncident: name })], { receivedAt: clock.now() }));
    const incident = outcomes[0]?.incident ?? '';
    await store.createRuns([{ run: runOf(`${incident}-1`), entries: [] }]);
    await store.openCall(messageOf(`${incident}-1`, { severity: 'page' }));
    const slack = new RecordingChannel('1 webhook');
    const channels = [alertChannel({ name: '0 alertmanager', api: new JsonApi(server.url) }), slack];
    return { store, incident, slack, callers: { store, clock, metrics: quietMetrics, log: quietLog, channels, rhythm } };
  }

  const callsAbout = async (incident: string) =>
    (await api.alerts('FixpointEscalation')).filter(({ labels }) => labels['incident'] === incident);

  it('fire for as long as somebody keeps them alive, one a call, and end by themselves when nobody does', async () => {
    const { callers, incident, store } = await raised('alive');
    const loop = clock.every(100, () => void lookAfterCalls(callers));
    const raisedAt = (await store.time()) - 1000;
    await waitUntil(async () => (await callsAbout(incident)).length === 1, { describe: 'the call to fire' });
    const began = performance.now();
    await waitUntil(
      async () => {
        expect(await callsAbout(incident)).toHaveLength(1);
        return performance.now() - began > 2 * rhythm.keptFor;
      },
      { describe: 'twice the time it would last by itself' },
    );
    const [call] = await callsAbout(incident);
    expect(call?.labels).toMatchObject({ fixpoint_escalation: 'true', severity: 'page' });
    expect(Date.parse(call?.startsAt ?? '')).toBeGreaterThan(raisedAt - 5000);
    // As after kill -9 of all of us.
    loop.stop();
    await waitUntil(async () => (await callsAbout(incident)).length === 0, { describe: 'the call to end by itself' });
  });

  it('are resolved when they are handled, and the person hears so', async () => {
    const { callers, incident, store, slack } = await raised('handled');
    const loop = clock.every(100, () => void lookAfterCalls({ ...callers, rhythm: { every: 60_000, keptFor: 300_000 } }));
    await waitUntil(async () => (await callsAbout(incident)).length === 1, { describe: 'the call to fire' });
    await store.acknowledge(incident, 'ann', 'seen');
    await waitUntil(async () => (await callsAbout(incident)).length === 0, { describe: 'the call to be resolved' });
    const resolved = await waitUntil(
      () => hook.seen.map(({ body }) => body).find((body) => body.includes('"status":"resolved"') && body.includes('"incident":"handled"')),
      { describe: 'Alertmanager to tell that it is resolved' },
    );
    expect(JSON.parse(resolved)).toMatchObject({ alerts: [{ annotations: { description: 'acknowledged by ann' } }] });
    expect(slack.deliveries).toEqual([]);
    loop.stop();
  });

  it('that come back to our own webhook open nothing, whatever the rules match', async () => {
    const { callers } = await raised('back');
    await lookAfterCalls(callers);
    const body = await waitUntil(() => hook.seen.find((request) => request.body.includes('"incident":"back"'))?.body, {
      describe: 'Alertmanager to post the call to the webhook',
    });
    const rig = new PipelineRig({ rules: rulesFile(slowRule()).replace('alertname="Slow"', 'alertname=~".+"') });
    const message = parseWebhookMessage(JSON.parse(body));
    expect(message.alerts).not.toEqual([]);
    const notification = { id: 'n1', source: 'main', receivedAt: rig.clock.now(), bytes: 1000, message };
    await takeIn(rig.engine, { name: 'main', labelsFor: () => ({}), tombstone: 600_000 }, notification);
    expect([await rig.runs(), await rig.store.incidents({ limit: 10 })]).toEqual([[], []]);
  });

  it('reach the second channel when Alertmanager is not there', async () => {
    const { callers, slack } = await raised('down');
    const [, second] = callers.channels;
    const gone = alertChannel({ name: '0 alertmanager', api: new JsonApi('http://127.0.0.1:1') });
    await lookAfterCalls({ ...callers, channels: second === undefined ? [] : [gone, second] });
    expect(slack.kinds).toEqual(['call']);
  });
});
