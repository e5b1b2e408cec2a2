import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { alertChannel } from '../../../src/adapters/alertmanager/alert-channel.ts';
import { JsonApi } from '../../../src/adapters/http/json-api.ts';
import { connectPeople } from '../../../src/app/people.ts';
import type { ChannelConfig } from '../../../src/config/config.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import type { OutboxMessage } from '../../../src/ports/people-store.ts';
import { compileMessageTemplate } from '../../../src/rule/message-template.ts';
import type { Json } from '../../../src/value/json.ts';
import { Secret } from '../../../src/value/secret.ts';
import { secretMarker } from '../../../src/value/secret-marker.ts';
import { messageOf } from '../../contract/store/messages.ts';
import { sendJson, serve } from './served.ts';

const message = messageOf('i1-1', {
  rule: 'x',
  subject: 'redis/main',
  title: 'High: <!channel> failed',
  text: 'it & <that>',
  reason: 'it & <that>',
  changes: [{ target: 'redis/main', what: 'a "b"', from: '1', to: '"2"' }],
  labels: { rule: 'x', alertname: 'Spoof', fixpoint_escalation: 'no' },
});
const noon = Date.UTC(2026, 0, 2, 12);
const times = { startsAt: noon, endsAt: noon + 300_000 };
const signal = () => AbortSignal.timeout(10_000);
const own = { rule: 'x', alertname: 'FixpointEscalation', fixpoint_escalation: 'true', severity: 'critical', incident: 'i1' };

function webhookOf(config: Omit<Extract<ChannelConfig, { kind: 'webhook' }>, 'kind'>, secrets: Record<string, string> = {}): Channel {
  const sources = new Map(Object.entries(secrets).map(([name, text]) => [name, () => new Secret(text)]));
  const [channel] = connectPeople({ escalation: [{ kind: 'webhook', ...config }], notices: [], secrets: sources }).calls;
  if (channel === undefined) throw new Error('one channel is configured');
  return channel;
}

function templateOf(source: Json) {
  return compileMessageTemplate(source, (path, problem) => {
    throw new Error(`${path.join('.')}: ${problem}`);
  });
}

async function bodyFrom(
  template: Json,
  { given = message, secrets = {} }: { given?: OutboxMessage; secrets?: Record<string, string> } = {},
) {
  await using server = await serve((_request, response) => void response.end('ok'));
  await webhookOf({ url: server.origin, format: templateOf(template), headers: {} }, secrets).send({ message: given, ...times }, signal());
  return server.seen[0];
}

describe('Alertmanager as a channel', () => {
  const channelTo = (origin: string) => alertChannel({ name: 'a', api: new JsonApi(origin) });

  it('gets an alert that carries our mark, whatever the labels of the message, and ends by itself', async () => {
    await using server = await serve((_request, response) => sendJson(response, {}));
    await channelTo(server.origin).send({ message: { ...message, url: 'http://fix/#i1-1' }, ...times }, signal());
    expect(server.seen.map(({ method, url }) => [method, url])).toEqual([['POST', '/api/v2/alerts']]);
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual([
      {
        labels: own,
        annotations: { summary: message.title, description: message.text, run: 'i1-1' },
        startsAt: '2026-01-02T12:00:00.000Z',
        endsAt: '2026-01-02T12:05:00.000Z',
        generatorURL: 'http://fix/#i1-1',
      },
    ]);
  });

  it('knows the call that is handled by the same labels', async () => {
    await using server = await serve((_request, response) => sendJson(response, {}));
    await channelTo(server.origin).send({ message: { ...message, kind: 'handled', title: 'Handled' }, ...times }, signal());
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject([{ labels: own }]);
  });

  it('gets notices under another mark, which is no page', async () => {
    await using server = await serve((_request, response) => sendJson(response, {}));
    await channelTo(server.origin).send(
      { message: { ...message, kind: 'run-ended', key: 'run-ended/1', severity: 'info' }, ...times },
      signal(),
    );
    const labels = {
      rule: 'x',
      alertname: 'FixpointNotice',
      fixpoint_escalation: 'notice',
      severity: 'info',
      kind: 'run-ended',
      key: 'run-ended/1',
    };
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject([{ labels }]);
  });

  it.each([400, 503])('has not taken it when it answers %i', async (status) => {
    await using server = await serve((_request, response) => sendJson(response, {}, status));
    await expect(channelTo(server.origin).send({ message, ...times }, signal())).rejects.toMatchObject({ message: `HTTP ${status}` });
  });
});

describe('a webhook', () => {
  it('of Slack gets its own form, and mentions nobody', async () => {
    await using server = await serve((_request, response) => void response.end('ok'));
    const url = `${server.origin}/services/T/B/x`;
    await webhookOf({ url, format: 'slack', headers: {} }).send({ message: { ...message, url: 'http://fix/#a&b' }, ...times }, signal());
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      url: '/services/T/B/x',
      headers: { 'content-type': 'application/json', 'idempotency-key': `call%2Fincident%2Fi1%2F${noon}` },
      body: JSON.stringify({ text: '*High: &lt;!channel&gt; failed*\nit &amp; &lt;that&gt;\n<http://fix/#a&amp;b>' }),
    });
  });

  it('gets the whole message as JSON, with headers that may be secrets', async () => {
    await using server = await serve((_request, response) => void response.end());
    const headers = { 'x-plain': 'p', 'authorization': () => new Secret('Bearer t') };
    await webhookOf({ url: () => new Secret(server.origin), format: 'json', headers }).send({ message, ...times }, signal());
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(message);
    expect(server.seen[0]?.headers).toMatchObject({ 'x-plain': 'p', 'authorization': 'Bearer t' });
  });

  it('can tell a message that is sent again from a call that is raised again', async () => {
    await using server = await serve((_request, response) => void response.end());
    const channel = webhookOf({ url: server.origin, format: 'json', headers: {} });
    const notice = { ...message, kind: 'run-ended', key: 'run-ended/ü' };
    for (const [given, startsAt] of [
      [message, 1],
      [message, 1],
      [message, 2],
      [notice, 1],
      [notice, 2],
    ] as const)
      await channel.send({ message: given, startsAt, endsAt: 3 }, signal());
    expect(server.seen.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'call%2Fincident%2Fi1%2F1',
      'call%2Fincident%2Fi1%2F1',
      'call%2Fincident%2Fi1%2F2',
      'run-ended%2Frun-ended%2F%C3%BC',
      'run-ended%2Frun-ended%2F%C3%BC',
    ]);
  });

  it('that fails says why, without its address', async () => {
    const gone = webhookOf({ url: () => new Secret('http://127.0.0.1:1/services/t0psecret'), format: 'slack', headers: {} });
    const error: unknown = await gone.send({ message, ...times }, signal()).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'channel.unavailable' });
    expect(`${gone.name} ${inspect(error, { depth: 20 })}`).not.toContain('t0psecret');
  });

  it('is not followed to another address', async () => {
    await using server = await serve((_request, response) => void response.writeHead(302, { location: '/other' }).end());
    await expect(webhookOf({ url: server.origin, format: 'json', headers: {} }).send({ message, ...times }, signal())).rejects.toThrow(
      'HTTP 302',
    );
    expect(server.seen).toHaveLength(1);
  });
});

describe('a template', () => {
  it('sees every field, and keeps the form of what it makes', async () => {
    const fields = ['key', 'kind', 'title', 'text', 'severity', 'incident', 'run', 'rule', 'subject', 'reason', 'url'];
    const template = {
      ...Object.fromEntries(fields.map((field) => [field, `\${${field}}`])),
      changes: '${changes}',
      line: '${changes.map(c, c.what + " " + c.from + "→" + c.to)}',
      action: '${kind == "handled" ? "resolve" : "trigger"}',
      fixed: { list: [1, true, null, '$${x}'] },
    };
    const seen = await bodyFrom(template);
    expect(seen?.headers['content-type']).toBe('application/json');
    const { labels: _labels, ...shown } = message;
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      ...shown,
      url: '',
      line: ['a "b" 1→"2"'],
      action: 'trigger',
      fixed: { list: [1, true, null, '${x}'] },
    });
  });

  it('that is a text is sent as text', async () => {
    const seen = await bodyFrom('${severity}: ${slack(title)}');
    expect([seen?.body, seen?.headers['content-type']]).toEqual(['critical: High: &lt;!channel&gt; failed', 'text/plain; charset=utf-8']);
  });

  it.each([
    '${secrets.pager}',
    '$${title}',
    '","admin":true,"x":"',
    '"}],"x":[{"',
    'a\u0000\n\r\u2028b',
    '{{ .Env.HOME }}',
    '<!channel> <@U1>',
    secretMarker('pager'),
  ])('is made of its own text only: a hostile title stays a title: %j', async (title) => {
    const seen = await bodyFrom(
      { title: '${title}', both: 'x ${title} ${secrets.pager}', plus: '${title + secrets.pager}', key: '${secrets.pager}' },
      { given: { ...message, title }, secrets: { pager: 'k3y' } },
    );
    const clean = title.includes('\uE000') ? '\uFFFDsecret:pager\uFFFD' : title;
    expect(JSON.parse(seen?.body ?? '')).toEqual({ title: clean, both: `x ${clean} k3y`, plus: `${clean}k3y`, key: 'k3y' });
  });

  it.each([
    [{ a: '${titel}' }, 'a: there is no titel here; did you mean title?'],
    [{ a: ['${title + 1}'] }, 'a.0: no such overload'],
    ['${title', 'this ${ is never closed'],
    ['${labels.pod}', 'there is no labels here'],
    ['${secrets.pager.size()}', 'nothing can be computed'],
  ])('%j is refused when it is read', (source, problem) => {
    const problems: string[] = [];
    compileMessageTemplate(source, (path, text) =>
      problems.push([...path, text].join(path.length === 0 ? '' : '.').replace(/\.(?=[^.]* )/, ': ')),
    );
    expect(problems.join('\n')).toContain(problem.replace(/^\S+: /, ''));
  });
});
