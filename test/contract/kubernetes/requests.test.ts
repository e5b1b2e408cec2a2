import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { secretMarker } from '../../../src/value/secret-marker.ts';
import { clientOf, deployment, failureOf, signal } from './client.ts';
import { transcript, transcripts, type Exchange } from './recording.ts';
import { recorded, replay } from './replay.ts';

const web = deployment('t02', 'web');

describe('requests are those that have been recorded', () => {
  it('gets a Deployment', async () => {
    const { exchanges } = transcript('01-');
    await using api = await replay(recorded(exchanges));
    const found = await clientOf(api.url).reader.get(deployment('t01', 'web'), signal());
    const [asked] = api.asked;
    const example = exchanges.find(
      ({ request, response }) => request.method === 'GET' && request.path === asked?.path && response.status === 200,
    );
    expect(asked).toMatchObject({ method: 'GET', path: '/apis/apps/v1/namespaces/t01/deployments/web', query: {}, body: undefined });
    expect(asked?.headers['accept']).toBe('application/json');
    expect(found).toEqual(example?.response.body);
  });

  it('gets a Scale', async () => {
    await using api = await replay(recorded(transcript('02-').exchanges));
    const scale = await clientOf(api.url).reader.getScale(web, signal());
    expect(api.asked[0]).toMatchObject({ method: 'GET', path: '/apis/apps/v1/namespaces/t02/deployments/web/scale', query: {} });
    expect(scale).toMatchObject({ kind: 'Scale', metadata: { name: 'web' } });
  });

  it.each([
    { name: 'a JSON patch of a Scale', file: '02-', index: 14, type: 'json' as const, ref: web, subresource: 'scale' as const },
    { name: 'the restart patch', file: '03-', index: 3, type: 'strategic' as const, ref: deployment('t03', 'web') },
    {
      name: 'a merge patch of a ConfigMap',
      file: '16b',
      index: 1,
      type: 'merge' as const,
      ref: { cluster: 'default', apiVersion: 'v1', kind: 'ConfigMap', namespace: 't16b', name: 'a' },
    },
  ])('sends $name with its content type, under our field manager', async ({ file, index, type, ref, subresource }) => {
    const example = transcript(file).exchanges[index] as Exchange;
    await using api = await replay(() => example.response);
    const request = { ref, type, body: example.request.body as never, ...(subresource === undefined ? {} : { subresource }) };
    const answer = await clientOf(api.url).writer.patch(request, signal());
    const [asked] = api.asked;
    const { method, path, headers, body } = example.request;
    expect([asked?.method, asked?.path, asked?.headers['content-type'], asked?.body]).toEqual([
      method,
      path,
      headers['content-type'],
      body,
    ]);
    expect(asked?.query).toEqual({ fieldManager: 'fixpoint' });
    expect(answer).toEqual(example.response.body);
  });

  it('lists pods with selectors, decoded as they were meant', async () => {
    const isPodList = ({ request, response }: Exchange) =>
      request.path.endsWith('/pods') &&
      request.query['labelSelector'] !== undefined &&
      Array.isArray((response.body as { items?: unknown }).items);
    const example = transcripts()
      .flatMap(({ exchanges }) => exchanges)
      .find(isPodList) as Exchange;
    await using api = await replay(() => example.response);
    const namespace = example.request.path.split('/')[4] ?? '';
    const query = { labelSelector: 'app in (web,api),tier!=old & x=+1', fieldSelector: 'a=b' };
    const pods = await clientOf(api.url).reader.list(
      { cluster: 'default', apiVersion: 'v1', kind: 'Pod', namespace, ...query, limit: 7 },
      signal(),
    );
    expect(api.asked[0]).toMatchObject({ method: 'GET', path: example.request.path, query: { ...query, limit: '7' } });
    expect(pods).toHaveLength((example.response.body as { items: unknown[] }).items.length);
  });

  it('rehearses with dryRun=All and asks no permission for it', async () => {
    const example = transcript('02-').exchanges[5] as Exchange;
    await using api = await replay(() => example.response);
    let permits = 0;
    const { writer } = clientOf(api.url, () => Promise.resolve(void permits++));
    await writer.patch({ ref: web, subresource: 'scale', type: 'merge', body: example.request.body as never, dryRun: true }, signal());
    expect(api.asked[0]?.query).toEqual({ fieldManager: 'fixpoint', dryRun: 'All' });
    expect(permits).toBe(0);
  });

  it('sends nothing without permission', async () => {
    await using api = await replay(() => 'silence');
    const { writer } = clientOf(api.url, () => Promise.reject(new FixpointError('cancelled', 'paused')));
    expect((await failureOf(writer.patch({ ref: web, type: 'merge', body: {} }, signal()))).code).toBe('cancelled');
    expect((await failureOf(writer.create(web, {}, { signal: signal() }))).code).toBe('cancelled');
    expect(api.asked).toEqual([]);
  });

  it('never writes a secret into an object', async () => {
    await using api = await replay(() => 'silence');
    const error = await failureOf(
      clientOf(api.url).writer.patch({ ref: web, type: 'merge', body: { data: { key: secretMarker('password') } } }, signal()),
    );
    expect(error.code).toBe('kubernetes.invalid');
    expect(api.asked).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    '..',
    '.',
    '',
    '../../secrets/x',
    'a/b',
    'a%2fb',
    '%2e%2e',
    'a?b=c',
    'a#b',
    'a\r\nb',
    'a b',
    'A',
    'a\u0000',
    '\ud800',
    'x'.repeat(300),
    '-a',
    'a..b',
    'é',
  ])('%j is refused as a name and as a namespace, unsent', async (text) => {
    await using api = await replay(() => 'silence');
    const { reader, writer } = clientOf(api.url);
    for (const ref of [deployment('t02', text), deployment(text, 'web')]) {
      expect((await failureOf(reader.get(ref, signal()))).code).toBe('kubernetes.invalid');
      expect((await failureOf(writer.patch({ ref, type: 'merge', body: {} }, signal()))).code).toBe('kubernetes.invalid');
    }
    expect(api.asked).toEqual([]);
  });

  it('any name that is let through is one segment of the path', async () => {
    const answer = transcript('02-').exchanges.find(({ response }) => response.status === 200)?.response as Exchange['response'];
    await using api = await replay(() => answer);
    const { reader } = clientOf(api.url);
    const part = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.stringMatching(/^[-a-z0-9./%]{0,10}$/));
    const request = fc.asyncProperty(part, part, async (namespace, name) => {
      const before = api.asked.length;
      const failure = await reader.get(deployment(namespace, name), signal()).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) expect(failure).toMatchObject({ code: 'kubernetes.invalid' });
      const wanted = failure === undefined ? [`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`] : [];
      expect(api.asked.slice(before).map(({ url }) => url)).toEqual(wanted);
    });
    await fc.assert(request, { numRuns: 150 });
  });

  it.each(['Secret', '__proto__', 'constructor', '../v1/Pod'])('the kind %j is unknown', async (kind) => {
    const error = await failureOf(clientOf('http://127.0.0.1:1').reader.get({ ...web, apiVersion: 'v1', kind }, signal()));
    expect(error.code).toBe('kubernetes.invalid');
  });
});
