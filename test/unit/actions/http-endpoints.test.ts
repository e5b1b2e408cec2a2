import { describe, expect, it } from 'vitest';
import type { HttpAnswer, HttpReader, HttpRequest, HttpWriter } from '../../../src/ports/http-client.ts';
import { FixpointError } from '../../../src/errors.ts';
import { FakeCluster } from '../../support/actions/fake-cluster.ts';
import { actionNamed, applyOf, contextOf, isAccepted, planOf, settledOf } from '../../support/actions/world.ts';

const connection = 'app';
const endpoints = { namespace: 'shop', service: 'web' };
const open = {
  connection,
  endpoints,
  method: 'POST',
  path: '/admin/circuit-breaker/open',
  body: { service: 'openai-api' },
  unless: { path: '/status', pointer: '/state', equals: 'open' },
  inverse: { method: 'POST', path: '/admin/circuit-breaker/close', body: { service: 'openai-api' } },
};

/** Pods that each have a breaker of their own, behind a Service. */
class Pods implements HttpReader, HttpWriter {
  readonly states = new Map<string, string>();
  readonly sent: string[] = [];
  readonly keys: string[] = [];
  declared: string | undefined = 'default/shop/web';
  /** What a changing request to that address answers. */
  refusing: string | undefined;

  targetOf = (): string => 'http/web.shop:8080';
  endpointsOf = (): string | undefined => this.declared;

  read({ address = '' }: HttpRequest): Promise<HttpAnswer> {
    const state = this.states.get(address);
    if (state === undefined) return Promise.reject(new FixpointError('http.unavailable', 'nobody is there'));
    return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify({ state }), truncated: false });
  }

  send({ address = '', path, headers }: HttpRequest): Promise<HttpAnswer> {
    this.keys.push(headers?.['idempotency-key'] ?? '');
    if (address === this.refusing) return Promise.resolve({ status: 500, headers: {}, body: '', truncated: false });
    this.sent.push(`${address} ${path}`);
    this.states.set(address, path.endsWith('open') ? 'open' : 'closed');
    return Promise.resolve({ status: 200, headers: {}, body: '', truncated: false });
  }
}

function world(ips: readonly string[], more: { ready?: readonly boolean[]; ports?: readonly object[] } = {}) {
  const cluster = new FakeCluster();
  const http = new Pods();
  const slice = (all: readonly string[]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-x', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: more.ports ?? [{ name: 'http', port: 8080 }],
    endpoints: all.map((ip, index) => ({
      addresses: [ip],
      conditions: { ready: more.ready?.[index] ?? true },
      targetRef: { kind: 'Pod', name: `web-${index}` },
    })),
  });
  for (const ip of ips) http.states.set(`${ip}:8080`, 'closed');
  cluster.put(slice(ips) as never);
  return {
    cluster,
    http,
    grow: (all: readonly string[]) => cluster.put(slice(all) as never),
    context: contextOf({ kubernetes: cluster, http }),
  };
}

describe('http.request at every endpoint', () => {
  it('plans and changes each pod, once, and takes it back', async () => {
    const { http, context } = world(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    http.states.set('10.0.0.2:8080', 'open');
    const plan = await planOf('http.request', open, context);
    expect(plan.changes).toEqual([{ what: '/state of /status', from: 'closed', to: 'open' }]);
    expect(plan.notes?.join()).toContain('at web-0, web-2');
    // One of them was open before: there is no one state to go back to.
    expect(plan.inverse).toBeUndefined();
    await applyOf('http.request', plan.intent, context);
    await applyOf('http.request', plan.intent, context);
    expect(http.sent).toEqual(['10.0.0.1:8080 /admin/circuit-breaker/open', '10.0.0.3:8080 /admin/circuit-breaker/open']);
    expect(await settledOf('http.request', plan, context)).toEqual({ settled: true });
  });

  it('the inverse closes them again, under the same names', async () => {
    const { http, context } = world(['10.0.0.1', '10.0.0.2']);
    const plan = await planOf('http.request', open, context);
    await applyOf('http.request', plan.intent, context);
    const back = await planOf('http.request', plan.inverse?.with ?? null, context);
    expect(back.changes).toEqual(plan.changes.map(({ what, from, to }) => ({ what, from: to, to: from })));
    await applyOf('http.request', back.intent, context);
    expect([...http.states.values()]).toEqual(['closed', 'closed']);
  });

  it('names places only where their values differ, so that a pod that was replaced does not keep the others from going back', async () => {
    const { cluster, http, grow, context } = world(['10.0.0.1', '10.0.0.2']);
    const plan = await planOf('http.request', open, context);
    await applyOf('http.request', plan.intent, context);
    cluster.objects.clear();
    grow(['10.0.0.7', '10.0.0.2', '10.0.0.8']);
    http.states.set('10.0.0.7:8080', 'open').set('10.0.0.8:8080', 'closed');
    const back = await planOf('http.request', plan.inverse?.with ?? null, context);
    expect(back.changes).toEqual([{ what: '/state of /status', from: 'open', to: 'closed' }]);
    expect(plan.changes).toEqual([{ what: '/state of /status', from: 'closed', to: 'open' }]);
    http.states.set('10.0.0.7:8080', 'half-open');
    expect((await planOf('http.request', plan.inverse?.with ?? null, context)).changes).toEqual([
      { what: '/state of /status at web-0', from: 'half-open', to: 'closed' },
      { what: '/state of /status at web-1', from: 'open', to: 'closed' },
    ]);
  });

  it('gives every place and every step a key of its own', async () => {
    const { http, context } = world(['10.0.0.1', '10.0.0.2']);
    const keysOf = async (step: string) => {
      for (const address of http.states.keys()) http.states.set(address, 'closed');
      const { intent } = await planOf('http.request', open, { ...context, step });
      await applyOf('http.request', intent, context);
      return http.keys.splice(0);
    };
    const first = await keysOf('one');
    expect(new Set([...first, ...(await keysOf('two'))]).size).toBe(4);
    expect(await keysOf('one')).toEqual(first);
  });

  it('has not settled while a pod that came later is not so', async () => {
    const { cluster, http, grow, context } = world(['10.0.0.1']);
    const { intent } = await planOf('http.request', open, context);
    await applyOf('http.request', intent, context);
    cluster.objects.clear();
    grow(['10.0.0.1', '10.0.0.9']);
    http.states.set('10.0.0.9:8080', 'closed');
    expect(await settledOf('http.request', { intent }, context)).toEqual({ settled: false, reason: '/state at web-1 is still "closed"' });
  });

  it('says which pods were done before one refused', async () => {
    const { http, context } = world(['10.0.0.1', '10.0.0.2']);
    http.refusing = '10.0.0.2:8080';
    const { intent } = await planOf('http.request', open, context);
    await expect(applyOf('http.request', intent, context)).rejects.toMatchObject({
      code: 'http.unexpected-answer',
      message: expect.stringContaining('at web-1: HTTP 500, expected 200 or 201 or 202 or 204; done at web-0') as string,
    });
  });

  it('leaves out pods that are not ready', async () => {
    const { context } = world(['10.0.0.1', '10.0.0.2'], { ready: [true, false] });
    expect((await planOf('http.request', open, context)).changes).toHaveLength(1);
  });

  it.each<[string, { more?: object; given?: object; code: string }]>([
    ['nothing is ready', { more: { ready: [false] }, code: 'target.missing' }],
    [
      'ports are ambiguous',
      {
        more: {
          ports: [
            { name: 'http', port: 8080 },
            { name: 'metrics', port: 9090 },
          ],
        },
        code: 'target.ambiguous',
      },
    ],
    ['the port is another', { given: { port: 9090 }, code: 'target.ambiguous' }],
    ['the connection declares another Service', { given: { service: 'other' }, code: 'http.refused' }],
    ['the connection declares the Service of another cluster', { given: { cluster: 'west' }, code: 'http.refused' }],
  ])('refuses where %s', async (_name, { more = {}, given = {}, code }) => {
    const { context } = world(['10.0.0.1'], more);
    await expect(planOf('http.request', { ...open, endpoints: { ...endpoints, ...given } }, context)).rejects.toMatchObject({ code });
  });

  it('needs the right to list endpoints, and only then', () => {
    const rights = (params: object) => actionNamed('http.request').permissions(actionNamed('http.request').params.parse(params));
    expect(rights(open)).toEqual([
      { cluster: 'default', namespace: 'shop', apiGroup: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list'] },
    ]);
    const { endpoints: _none, ...plain } = open;
    expect(rights(plain)).toEqual([]);
  });

  it.each([{ namespace: '../x' }, { service: 'a/b' }, { port: 0 }, { port: '../x' }, { cluster: 'A' }, { other: 1 }])(
    '%j is refused',
    (change) => {
      expect(isAccepted('http.request', open)).toBe(true);
      expect(isAccepted('http.request', { ...open, endpoints: { ...endpoints, ...change } })).toBe(false);
    },
  );
});

describe('http.probe', () => {
  const probe = { connection, path: '/status', times: 2, interval: '0s', json: { '/state': 'closed' } };

  it('counts good and bad answers of every endpoint and tells why', async () => {
    const { http, context } = world(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    http.states.set('10.0.0.2:8080', 'open');
    http.states.delete('10.0.0.3:8080');
    const { output, changes } = await planOf('http.probe', { ...probe, endpoints }, context);
    expect(changes).toEqual([]);
    expect(output).toEqual({
      ok: false,
      asked: 6,
      good: 2,
      bad: 4,
      slow: 0,
      worstMs: 0,
      problems: ['/state is not "closed" at web-1', 'no answer at web-2'],
    });
  });

  it.each([
    [{}, true],
    [{ contains: 'closed' }, true],
    [{ contains: 'other' }, false],
    [{ status: [204] }, false],
    [{ json: { '/state': 'open' } }, false],
    [{ json: { '/nothing': null } }, true],
  ])('%j is %s', async (change, ok) => {
    const { http, context } = world([]);
    http.states.set('', 'closed');
    const { output } = await planOf('http.probe', { ...probe, ...change }, context);
    expect(output).toMatchObject({ ok, asked: 2 });
  });

  it('a slow answer is counted, one over the bound is bad', async () => {
    const { http, context } = world([]);
    let now = 0;
    http.read = () => {
      now += 700;
      return Promise.resolve({ status: 200, headers: {}, body: '{"state":"closed"}', truncated: false });
    };
    const slow = { ...context, clock: { ...context.clock, now: () => now, sleep: () => Promise.resolve() } };
    expect((await planOf('http.probe', { ...probe, slowerThan: '500ms' }, slow)).output).toMatchObject({ ok: true, slow: 2, worstMs: 700 });
    expect((await planOf('http.probe', { ...probe, within: '500ms' }, slow)).output).toMatchObject({
      ok: false,
      problems: ['took longer than 500ms'],
    });
  });

  it('what is not allowed at all is a fault, not an answer', async () => {
    const { http, context } = world([]);
    http.read = () => Promise.reject(new FixpointError('http.refused', 'no'));
    await expect(planOf('http.probe', probe, context)).rejects.toMatchObject({ code: 'http.refused' });
  });
});
