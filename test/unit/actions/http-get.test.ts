import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../../src/ports/http-client.ts';
import { FakeService } from '../../support/actions/fake-http.ts';
import { contextOf, isAccepted, planOf } from '../../support/actions/world.ts';

const params = { connection: 'app', path: '/pool?full=1' } as const;

async function outputOf(answer: Partial<HttpAnswer>, more: object = {}): Promise<unknown> {
  const http = new FakeService('open');
  http.read = () => Promise.resolve({ status: 200, headers: {}, body: '', truncated: false, ...answer });
  const plan = await planOf('http.get', { ...params, ...more }, contextOf({ http }));
  expect(plan).toMatchObject({ intent: null, changes: [] });
  return plan.output;
}

describe('http.get', () => {
  it.each([
    ['{"pool":{"size":20}}', {}, { pool: { size: 20 } }],
    ['{"pool":{"size":20}}', { pointer: '/pool/size' }, 20],
    ['{"pool":{"size":20}}', { pointer: '/pool/nothing' }, null],
    ['[1,2]', { pointer: '/1' }, 2],
    ['all is well', {}, 'all is well'],
    ['all is well', { pointer: '/pool' }, 'all is well'],
    ['', {}, ''],
  ])('keeps of %j with %j', async (body, more, kept) => expect(await outputOf({ body }, more)).toEqual({ status: 200, body: kept }));

  it('takes any status as an answer: what a sick service says is what one wants to know', async () => {
    expect(await outputOf({ status: 503, body: '{"status":"critical"}' })).toEqual({ status: 503, body: { status: 'critical' } });
  });

  it('hides what looks like a credential, in JSON and in text', async () => {
    const body = JSON.stringify({ url: 'postgres://app:hunter2@db/app', password: 'hunter2', items: [{ api_key: 'hunter2' }] });
    expect(JSON.stringify(await outputOf({ body }))).not.toContain('hunter2');
    expect(JSON.stringify(await outputOf({ body }, { pointer: '/password' }))).not.toContain('hunter2');
    expect(JSON.stringify(await outputOf({ body: 'DB_PASSWORD=hunter2 is wrong' }))).not.toContain('hunter2');
  });

  it('keeps no more of a text than can be read', async () => {
    expect(await outputOf({ body: 'x'.repeat(60_000) })).toEqual({ status: 200, body: 'x'.repeat(4000) });
  });

  it('asks by GET, as long as it is told, and fails where nobody answers', async () => {
    const http = new FakeService('open');
    const asked: HttpRequest[] = [];
    http.read = (request) => {
      asked.push(request);
      return Promise.reject(new FixpointError('http.unavailable', 'nobody is there'));
    };
    await expect(planOf('http.get', { ...params, within: '3s' }, contextOf({ http }))).rejects.toMatchObject({ code: 'http.unavailable' });
    expect(asked).toMatchObject([{ connection: 'app', method: 'GET', path: '/pool?full=1', timeoutMs: 3000 }]);
  });

  it.each([
    { path: 'pool' },
    { path: '//evil.test/' },
    { path: '/a/../../b' },
    { pointer: 'pool' },
    { within: '2m' },
    { connection: 'http://x' },
  ])('refuses %j', (wrong) => expect(isAccepted('http.get', { ...params, ...wrong })).toBe(false));
});
