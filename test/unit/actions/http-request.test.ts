import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../src/ports/http-client.ts';
import { FakeService } from '../../support/actions/fake-http.ts';
import { actionNamed, applyOf, contextOf, isAccepted, planOf } from '../../support/actions/world.ts';

const params = {
  connection: 'app',
  method: 'POST',
  path: '/set',
  headers: { 'x-reason': 'alert' },
  body: { to: 'closed' },
  unless: { path: '/state', pointer: '/state', equals: 'closed' },
} as const;

function answering(answer: Partial<HttpAnswer>): FakeService {
  const http = new FakeService('open');
  http.read = () => Promise.resolve({ status: 200, headers: {}, body: '{}', truncated: false, ...answer });
  return http;
}

describe('http.request', () => {
  it('plans what it would send and to whom', async () => {
    const plan = await planOf('http.request', params, contextOf({ http: new FakeService('open') }));
    expect(plan).toMatchObject({
      target: 'http/app.test:80',
      changes: [{ what: '/state of /state', from: 'open', to: 'closed' }],
      notes: ['by POST /set'],
    });
  });

  it('sends JSON with an idempotency key that is the same at each sending', async () => {
    const http = new FakeService('open');
    const context = contextOf({ http });
    const { intent } = await planOf('http.request', params, context);
    await applyOf('http.request', intent, context);
    http.state = 'open';
    await applyOf('http.request', intent, context);
    const sent = http.requests.filter(({ method }) => method === 'POST');
    expect(sent).toHaveLength(2);
    expect(sent[0]).toEqual(sent[1]);
    expect(sent[0]).toMatchObject({
      body: '{"to":"closed"}',
      headers: {
        'x-reason': 'alert',
        'content-type': 'application/json',
        'idempotency-key': expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      },
    });
  });

  it('is settled once the state is there', async () => {
    const http = new FakeService('open');
    const context = contextOf({ http });
    const { intent } = await planOf('http.request', params, context);
    const settled = actionNamed('http.request').settled?.bind(actionNamed('http.request'));
    expect(await settled?.(intent, { ...context, output: null })).toEqual({ settled: false, reason: '/state is still "open"' });
    http.state = 'closed';
    expect(await settled?.(intent, { ...context, output: null })).toEqual({ settled: true });
  });

  it('an unexpected status fails', async () => {
    const http = new FakeService('open');
    const context = contextOf({ http });
    const { intent } = await planOf('http.request', params, context);
    http.send = () => Promise.resolve({ status: 500, headers: {}, body: 'token=abc', truncated: false });
    await expect(applyOf('http.request', intent, context)).rejects.toMatchObject({
      code: 'http.unexpected-answer',
      message: 'POST /set on app: HTTP 500, expected 200 or 201 or 202 or 204',
    });
  });

  it('a connection that is not declared has no target', async () => {
    await expect(
      planOf('http.request', { ...params, connection: 'other' }, contextOf({ http: new FakeService('x') })),
    ).rejects.toMatchObject({ code: 'target.missing' });
  });

  it.each([
    ['another status', { status: 503, body: 'token=abc' }],
    ['no JSON', { body: 'token=abc' }],
    ['a cut body', { body: '{"token=abc', truncated: true }],
    ['an object at the pointer', { body: '{"state":{"token=abc":1}}' }],
    ['a list at the pointer', { body: '{"state":["token=abc"]}' }],
    ['a long text at the pointer', { body: JSON.stringify({ state: 'token=abc'.repeat(500) }) }],
  ])('no plan comes of %s, and the error shows nothing of it', async (_name, answer) => {
    const error: unknown = await planOf('http.request', params, contextOf({ http: answering(answer) })).catch(
      (failure: unknown) => failure,
    );
    expect(error).toMatchObject({ code: 'http.unexpected-answer' });
    expect(inspect(error, { depth: 20 })).not.toContain('token=abc');
  });

  it.each(['{}', '[]', 'null', '5', '"text"', '{"state":null}'])('nothing at the pointer of %s is null', async (body) => {
    const { changes } = await planOf('http.request', params, contextOf({ http: answering({ body }) }));
    expect(changes[0]?.from).toBeNull();
  });

  it.each(['/__proto__', '/constructor/name', '/toString'])('the pointer %s finds only what the answer has', async (pointer) => {
    const { changes } = await planOf(
      'http.request',
      { ...params, unless: { ...params.unless, pointer } },
      contextOf({ http: answering({}) }),
    );
    expect(changes[0]?.from).toBeNull();
  });

  it.each([
    { path: 'x' },
    { path: '//evil.test' },
    { path: '/..' },
    { path: '/a/%2e%2e/b' },
    { path: '/..%2fb' },
    { path: '/%252e%252e/b' },
    { path: '/%252e%252e/b%25' },
    { path: '/a/..%252f%25zz' },
    { path: '/a\r\nb' },
    { path: '/a b' },
    { path: `/${'a'.repeat(2001)}` },
    { connection: 'http://evil.test' },
    { connection: '../x' },
    { method: 'GET' },
    { method: 'post' },
    { headers: { 'x a': 'b' } },
    { headers: { 'x-a': 'b\r\nc: d' } },
    { expect: [] },
    { expect: [500] },
    { unless: undefined },
    { unless: { ...params.unless, pointer: 'state' } },
    { unless: { ...params.unless, path: '/../x' } },
    { timeout: 0 },
    { timeout: 3_600_000 },
    { url: 'http://evil.test' },
  ])('%j is refused', (change) => {
    expect(isAccepted('http.request', params)).toBe(true);
    expect(isAccepted('http.request', { ...params, ...change })).toBe(false);
  });
});
