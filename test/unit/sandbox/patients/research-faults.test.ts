import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ward } from '../ward.ts';
import { describeFaults, type Act, type FaultCase } from './fault-cases.ts';

const namespace = 'llm-research';
const api = 'llm-research-api';

const change = (on: Ward, [kind, name]: readonly [kind: string, name: string], merge: (live: Record<string, unknown>) => object): void => {
  const found = on.sandbox.cluster.get(kind, namespace, name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  on.sandbox.cluster.update(found, (live) => ({ ...live, ...merge(live) }));
};
const scale = (replicas: number): Act => {
  return (on) => change(on, ['Deployment', api], ({ spec }) => ({ spec: { ...(spec as object), replicas } }));
};
const restart: Act = (on) => on.restartResearch();
const selectVersion = (on: Ward, version: string): void =>
  change(on, ['Service', api], ({ spec }) => ({ spec: { ...(spec as object), selector: { app: api, version } } }));
const bluePods = (on: Ward) => on.sandbox.cluster.list('Pod', namespace, { version: 'blue' });
const breaker = async (on: Ward, call: 'open' | 'close', pods = bluePods(on)): Promise<void> => {
  for (const pod of pods) {
    const host = `${(pod['status'] as { podIP: string }).podIP}:8080`;
    const request = {
      method: 'POST',
      path: `/admin/circuit-breaker/${call}`,
      query: new URLSearchParams(),
      headers: { host, 'x-admin-key': 'practice-admin-key' },
      body: '{"service":"openai-api"}',
    };
    const { status } = await on.sandbox.handlers.pods(request, new AbortController().signal);
    expect(status).toBe(200);
  }
};
const isReady = (pod: ReturnType<typeof bluePods>[number]): boolean =>
  (pod['status'] as { conditions: { type: string; status: string }[] }).conditions.some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
const endUnready: Act = (on) => {
  for (const pod of bluePods(on)) if (!isReady(pod)) on.sandbox.cluster.delete(pod);
};

const cases: readonly FaultCase[] = [
  {
    platform: 'llm-research',
    fault: 'high-latency',
    selector: 'llm_research:http_request_duration_seconds:p95',
    isFiring: (value) => value > 2,
    cure: scale(10),
    wrongCures: { 'a restart': restart, 'four pods': scale(4), 'eight pods': scale(8), 'a larger pool': (on) => on.setPool(100) },
  },
  {
    platform: 'llm-research',
    fault: 'dependency-outage',
    selector: 'llm_research:http_requests:error_ratio',
    isFiring: (value) => value > 0.01,
    cure: async (on) => await breaker(on, 'open'),
    wrongCures: {
      'a restart': restart,
      'the breaker of one pod': async (on) => await breaker(on, 'open', bluePods(on).slice(0, 1)),
      'another image': (on) => on.setResearchImage('llm-research/llm-research-api:1.4.1'),
    },
  },
  {
    platform: 'llm-research',
    fault: 'pod-not-ready',
    selector: 'llm_research:pods_not_ready:count',
    isFiring: (value) => value > 0,
    cure: endUnready,
    wrongCures: { 'more pods': scale(5), 'the breakers': async (on) => await breaker(on, 'close', bluePods(on).filter(isReady)) },
  },
];

describeFaults(cases);

describe('the research lab', () => {
  let ward: Ward;
  beforeEach(() => {
    ward = new Ward();
  });
  afterEach(() => ward.sandbox.close());

  it('is ill again when the cure is undone while the load presses', async () => {
    ward.sandbox.inject('llm-research', 'high-latency');
    await scale(10)(ward);
    await ward.pass(60);
    await scale(3)(ward);
    await ward.pass(60);
    expect((await ward.query('llm_research:http_request_duration_seconds:p95'))[0]).toBeGreaterThan(2);
  });

  it('says that a dependency is down for a while after the breakers have been opened, and no longer', async () => {
    const up = async () => await ward.query('dependency_up{service="openai-api"}');
    ward.sandbox.inject('llm-research', 'dependency-outage');
    expect([await up(), await ward.query('dependency_up{service="anthropic-api"}')]).toEqual([[0], [1]]);
    await breaker(ward, 'open');
    await ward.pass(60);
    expect(await up()).toEqual([0]);
    await ward.pass(400);
    expect(await up()).toEqual([1]);
  });

  it('fails as far as requests get to a bad colour: by the canary’s weight, or by the Service', async () => {
    const errors = async () => (await ward.query('llm_research:http_requests:error_ratio'))[0] ?? NaN;
    ward.sandbox.inject('llm-research', 'bad-standby');
    await ward.pass(60);
    expect(await errors()).toBeLessThan(0.01);
    const route = (weight: number) => [
      { destination: { host: api, subset: 'stable' }, weight: 100 - weight },
      { destination: { host: api, subset: 'canary' }, weight },
    ];
    change(ward, ['VirtualService', api], ({ spec }) => ({ spec: { ...(spec as object), http: [{ route: route(10) }] } }));
    expect(await errors()).toBeCloseTo(0.03, 5);
    change(ward, ['VirtualService', api], ({ spec }) => ({ spec: { ...(spec as object), http: [{ route: route(0) }] } }));
    selectVersion(ward, 'green');
    expect(await errors()).toBeCloseTo(0.3, 5);
    selectVersion(ward, 'blue');
    expect(await errors()).toBeLessThan(0.01);
  });

  it('knows an alert about a pod that is there, and none about another', () => {
    const [pod] = bluePods(ward);
    expect(ward.sandbox.inject('llm-research', 'pod-not-ready', { pod: 'nobody' })).toBe(false);
    expect(ward.sandbox.inject('llm-research', 'pod-not-ready', { pod: pod?.metadata.name ?? '' })).toBe(true);
  });

  it('has no idle transactions without a real database', () => {
    expect(ward.sandbox.inject('llm-research', 'idle-transactions')).toBe(false);
  });

  it('wants a token for what the runbook asks with one, and says that it is in maintenance', async () => {
    expect(await ward.ask(api, 'GET /models/providers')).toMatchObject({ status: 401 });
    expect(await ward.ask(api, 'GET /experiments?limit=1')).toMatchObject({ status: 401 });
    expect((await ward.ask(api, 'GET /metrics')).body).toContain('http_requests_total');
    change(ward, ['ConfigMap', 'llm-research-config'], ({ data }) => ({ data: { ...(data as object), MAINTENANCE_MODE: 'true' } }));
    expect((await ward.ask(api, 'GET /health/ready')).json()).toEqual({ status: 'maintenance' });
  });

  it('keeps what people are told in its channel', async () => {
    await ward.ask('llm-research-channel', 'POST /', '{"text":"hello"}');
    expect((await ward.ask('llm-research-channel', 'GET /messages')).json()).toEqual({ messages: [{ text: 'hello' }] });
    expect(await ward.ask('llm-research-channel', 'POST /', 'no')).toMatchObject({ status: 400 });
  });
});
