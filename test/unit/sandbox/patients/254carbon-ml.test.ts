import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ward } from '../ward.ts';
import { allOf, describeFaults, edit, editContainer, runCronJob, scaleTo, type Act } from './fault-cases.ts';

const platform = '254carbon-ml';
const staging = 'ml-platform-staging';
const production = 'ml-platform-production';

const serving = (namespace: string) => ({ namespace, name: 'model-serving' });
const embedding = { namespace: staging, name: 'embedding-service' };
const restart =
  (name: string, namespace = staging, kind = 'Deployment'): Act =>
  (ward) =>
    ward.restart(name, kind, namespace);
const limits = (cpu: string, memory: string) =>
  editContainer(embedding, (container) => ({
    ...container,
    resources: { limits: { cpu, memory }, requests: { cpu: '500m', memory: '1Gi' } },
  }));
const cordon =
  (name: string): Act =>
  ({ sandbox: { cluster } }) => {
    const node = cluster.get('Node', '', name);
    if (node !== undefined) cluster.update(node, (live) => ({ ...live, spec: { ...(live['spec'] as object), unschedulable: true } }));
  };
const serveModel =
  (namespace: string, version: string): Act =>
  (ward) =>
    ward.ask(`${namespace}-model-serving`, 'POST /models/ranker/version', JSON.stringify({ version }));
const served = async (ward: Ward, namespace: string) =>
  (await ward.ask(`${namespace}-model-serving`, 'GET /models/ranker')).json() as { version: string; previous: string | null };
const rollBack =
  (namespace: string): Act =>
  async (ward) =>
    await serveModel(namespace, (await served(ward, namespace)).previous ?? '')(ward);

describeFaults([
  ...[staging, production].map((namespace) => ({
    platform,
    fault: 'high-latency',
    labels: { namespace },
    selector: `ml:request_latency_seconds:p95{namespace="${namespace}",service="model-serving"}`,
    isFiring: (value: number) => value > 0.5,
    cure: scaleTo(serving(namespace), 10),
    undo: allOf(
      scaleTo(serving(namespace), 3),
      edit({ kind: 'Deployment', ...serving(namespace) }, (spec) => ({ ...spec, replicas: 3 })),
    ),
    wrongCures: {
      'nine pods': scaleTo(serving(namespace), 9),
      'a restart': restart('model-serving', namespace),
      'more pods in another environment': scaleTo(serving(namespace === staging ? production : staging), 12),
      'the model before': rollBack(namespace),
    },
  })),
  {
    platform,
    fault: 'embedding-latency',
    selector: 'ml:request_latency_seconds:p95{namespace="ml-platform-staging",service="embedding-service"}',
    isFiring: (value) => value > 0.5,
    cure: limits('2', '4Gi'),
    undo: limits('1', '2Gi'),
    wrongCures: {
      'more memory alone': limits('1', '4Gi'),
      'a restart': restart('embedding-service'),
      'more pods': edit({ kind: 'Deployment', ...embedding }, (spec) => ({ ...spec, replicas: 4 })),
    },
  },
  {
    platform,
    fault: 'high-memory',
    selector: 'ml:memory:ratio{namespace="ml-platform-staging",service="embedding-service"}',
    isFiring: (value) => value > 0.9,
    cure: limits('2', '4Gi'),
    undo: limits('2', '2Gi'),
    wrongCures: { 'more cores alone': limits('2', '2Gi'), 'a restart': restart('embedding-service') },
  },
  {
    platform,
    fault: 'high-memory',
    labels: { namespace: production, service: 'search-service' },
    selector: 'ml:memory:ratio{namespace="ml-platform-production",service="search-service"}',
    isFiring: (value) => value > 0.9,
    cure: editContainer({ namespace: production, name: 'search-service' }, (container) => ({
      ...container,
      resources: { limits: { cpu: '2', memory: '4Gi' } },
    })),
    wrongCures: { 'a restart': restart('search-service', production), 'limits of another service': limits('2', '4Gi') },
  },
  {
    platform,
    fault: 'bad-model',
    selector: 'ml:requests:error_ratio{namespace="ml-platform-staging",service="model-serving",model="ranker"}',
    isFiring: (value) => value > 0.05,
    cure: rollBack(staging),
    wrongCures: {
      'a restart': restart('model-serving'),
      'more pods': scaleTo(serving(staging), 10),
      'the model before in another environment': rollBack(production),
    },
  },
  {
    platform,
    fault: 'service-down',
    labels: { namespace: staging, service: 'search-service' },
    selector: 'ml:service_up:min{namespace="ml-platform-staging",service="search-service"}',
    isFiring: (value) => value === 0,
    cure: restart('search-service'),
    wrongCures: {
      'a restart of another service': restart('model-serving'),
      'a restart of its database': restart('postgres', staging, 'StatefulSet'),
    },
  },
  {
    platform,
    fault: 'database-down',
    selector: 'pg_up{namespace="ml-platform-staging"}',
    isFiring: (value) => value === 0,
    cure: runCronJob(staging, 'postgres-restore'),
    wrongCures: {
      'a restart': restart('postgres', staging, 'StatefulSet'),
      'a backup': runCronJob(staging, 'postgres-backup'),
      'a restore elsewhere': runCronJob(production, 'postgres-restore'),
    },
  },
  {
    platform,
    fault: 'node-down',
    labels: { node: 'sandbox-node-3' },
    selector: 'ml:replicas_missing:count{namespace="ml-platform-production"}',
    isFiring: (value) => value > 0,
    cure: cordon('sandbox-node-3'),
    wrongCures: { 'another node cordoned': cordon('sandbox-node-1'), 'a restart': restart('model-serving') },
  },
]);

describe('254Carbon ML', () => {
  let ward: Ward;
  beforeEach(() => {
    ward = new Ward({ platforms: [platform] });
  });
  afterEach(() => ward.sandbox.close());

  const missing = async () => (await ward.query('ml:replicas_missing:count')).reduce((sum, count) => sum + count, 0);

  it('keeps its three environments apart', async () => {
    ward.sandbox.inject(platform, 'bad-model', { namespace: production });
    await ward.pass(30);
    expect(await ward.query('ml:requests:error_ratio{namespace="ml-platform-production",service="model-serving"}')).toEqual([0.2]);
    expect(await ward.query('ml:requests:error_ratio{namespace!="ml-platform-production",service="model-serving"}')).toEqual([
      0.001, 0.001,
    ]);
    expect(ward.sandbox.inject(platform, 'bad-model', { namespace: 'elsewhere' })).toBe(false);
    expect(ward.sandbox.faultFor(platform, 'MLHighErrorRate', { namespace: 'elsewhere' })).toBeUndefined();
  });

  it('tells of a service that hangs, by exporters and probes that do not', async () => {
    ward.sandbox.inject(platform, 'service-down', { namespace: production });
    await ward.pass(10);
    expect(await ward.ask(`${production}-model-serving`, 'GET /health')).toMatchObject({ status: 503 });
    const { status, body } = await ward.ask(`${production}-model-serving`, 'GET /metrics');
    expect(status).toBe(200);
    expect(body).toContain(`probe_success{namespace="${production}",service="model-serving"} 0\n`);
    expect(body).toContain(`probe_success{namespace="${production}",service="mlflow"} 1\n`);
  });

  it('goes back one version of a model, and no further', async () => {
    ward.sandbox.inject(platform, 'bad-model');
    expect(await served(ward, staging)).toMatchObject({ version: '8', previous: '7' });
    await serveModel(staging, '7')(ward);
    expect(await served(ward, staging)).toMatchObject({ version: '7', previous: null });
    expect(await serveModel(staging, '6')(ward)).toMatchObject({ status: 422 });
  });

  it('loses pods on a node that is gone again and again, until nothing is scheduled there', async () => {
    ward.sandbox.inject(platform, 'node-down', { node: 'sandbox-node-3' });
    await ward.pass(300);
    const on = () =>
      ward.sandbox.cluster.list('Pod', production).filter(({ spec }) => (spec as { nodeName?: string }).nodeName === 'sandbox-node-3');
    expect(await missing()).toBeGreaterThan(0);
    expect(on()).not.toEqual([]);
    await cordon('sandbox-node-3')(ward);
    await ward.pass(120);
    expect([on(), await missing()]).toEqual([[], 0]);
  });

  it('on a node that is stubbornly gone has no pods elsewhere either', async () => {
    ward.sandbox.inject(platform, 'node-down-stubborn', { node: 'sandbox-node-3' });
    await ward.pass(60);
    await cordon('sandbox-node-3')(ward);
    await ward.pass(300);
    expect(await missing()).toBeGreaterThan(0);
    expect(await ward.isUnwell(platform)).toBe(true);
  });

  it.each([
    ['MLHighLatency', { service: 'embedding-service' }, 'embedding-latency'],
    ['MLHighLatency', { service: 'model-serving', severity: 'warning' }, 'high-latency'],
    ['MLHighLatency', { service: 'mlflow' }, undefined],
    ['MLHighResourceUse', { service: 'search-service' }, 'high-memory'],
    ['MLHighResourceUse', { service: 'redis' }, undefined],
    ['MLNodeNotReady', { node: 'sandbox-node-1' }, 'node-down'],
    ['MLNodeNotReady', { node: 'nowhere' }, undefined],
    ['MLDatabaseDown', {}, 'database-down'],
  ])('knows %s of %j as %s', (alertname, labels, fault) => expect(ward.sandbox.faultFor(platform, alertname, labels)).toBe(fault));
});
