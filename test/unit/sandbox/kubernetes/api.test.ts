import { describe, expect, it } from 'vitest';
import { roleBasedAccess } from '../../../../src/sandbox/kubernetes/access/access.ts';
import { createKubernetesApi } from '../../../../src/sandbox/kubernetes/api.ts';
import type { KubernetesApi } from '../../../../src/sandbox/kubernetes/api.ts';
import { listen } from '../../../../src/sandbox/listen.ts';
import type { SandboxResponse } from '../../../../src/sandbox/listen.ts';
import { testCluster, workload } from './workload.ts';

const web = '/apis/apps/v1/namespaces/shop/deployments/web';
const quiet = new AbortController().signal;

function request(
  api: KubernetesApi,
  [method, url]: readonly [string, string],
  options: { body?: unknown; type?: string; signal?: AbortSignal; token?: string } = {},
): Promise<SandboxResponse> {
  const { pathname, searchParams } = new URL(url, 'http://sandbox');
  const headers = {
    'content-type': options.type ?? 'application/json',
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
  };
  const body = options.body === undefined ? '' : JSON.stringify(options.body);
  return api.handle({ method, path: pathname, query: searchParams, headers, body }, options.signal ?? quiet);
}

async function json(response: Promise<SandboxResponse>): Promise<Record<string, unknown>> {
  const answer = await response;
  if (!('body' in answer)) throw new Error('a stream');
  return { http: answer.status, ...(JSON.parse(answer.body) as object) };
}

const merge = 'application/merge-patch+json';

describe('the simulated API', () => {
  it('evicts a pod, which says so and terminates, and answers 201 again', async () => {
    const { cluster, clock } = testCluster();
    const api = createKubernetesApi(cluster);
    cluster.create(workload('Deployment'));
    clock.advance(5_000);
    const name = cluster.list('Pod', 'shop')[0]?.metadata.name ?? '';
    const evict = {
      method: 'POST',
      url: `/api/v1/namespaces/shop/pods/${name}/eviction`,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } },
    };
    expect(await json(request(api, [evict.method, `${evict.url}?dryRun=All`], evict))).toMatchObject({ http: 201 });
    expect(cluster.get('Pod', 'shop', name)?.metadata.deletionTimestamp).toBeUndefined();
    expect(await json(request(api, [evict.method, evict.url], evict))).toMatchObject({ http: 201, status: 'Success' });
    expect(cluster.get('Pod', 'shop', name)?.metadata.deletionTimestamp).toBeDefined();
    expect(await json(request(api, [evict.method, evict.url], evict))).toMatchObject({ http: 201 });
    clock.advance(5_000);
    expect(await json(request(api, [evict.method, evict.url], evict))).toMatchObject({ http: 404 });
    expect(cluster.list('Pod', 'shop')).toHaveLength(3);
  });

  it('says 501 for what it does not simulate', async () => {
    const api = createKubernetesApi(testCluster().cluster);
    expect(await json(request(api, ['GET', '/api/v1/limitranges']))).toMatchObject({ http: 501, reason: 'NotImplemented' });
    expect(await json(request(api, ['PATCH', web], { type: 'application/apply-patch+yaml', body: {} }))).toMatchObject({ http: 404 });
    expect(await json(request(api, ['POST', '/apis/coordination.k8s.io/v1/namespaces/shop/leases'], { body: {} }))).toMatchObject({
      http: 501,
    });
  });

  it('asks for rights before it looks anything up', async () => {
    const { cluster } = testCluster();
    const tokens = new Map([['t', { name: 'dev', groups: [] }]]);
    const api = createKubernetesApi(cluster, { access: roleBasedAccess(cluster, tokens) });
    cluster.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'look', namespace: 'shop' },
      rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }],
    });
    cluster.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'look', namespace: 'shop' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'look' },
      subjects: [{ kind: 'User', name: 'dev' }],
    });
    expect(await json(request(api, ['PATCH', `${web}/scale`], { type: merge, body: {}, token: 't' }))).toMatchObject({
      http: 403,
      message:
        'deployments.apps "web" is forbidden: User "dev" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"',
    });
    expect(await json(request(api, ['GET', web], { token: 't' }))).toMatchObject({ http: 404 });
    expect(await json(request(api, ['GET', web], { token: 'x' }))).toMatchObject({ http: 401 });
  });

  it('refuses by admission with 403 and changes nothing', async () => {
    const { cluster } = testCluster({ admit: ({ operation }) => (operation === 'create' ? undefined : 'the sandbox is closed') });
    const api = createKubernetesApi(cluster);
    cluster.create(workload('Deployment'));
    expect(await json(request(api, ['PATCH', web], { type: merge, body: { spec: { replicas: 9 } } }))).toMatchObject({ http: 403 });
    expect(cluster.get('Deployment', 'shop', 'web')?.metadata.generation).toBe(1);
  });

  it('logs requests with what they carried, so that effects can be counted', async () => {
    const { cluster } = testCluster();
    const api = createKubernetesApi(cluster);
    cluster.create(workload('Deployment'));
    await request(api, ['GET', web]);
    await request(api, ['PATCH', `${web}/scale?dryRun=All`], { type: merge, body: { spec: { replicas: 4 } } });
    await request(api, ['PATCH', `${web}/scale`], { type: merge, body: { spec: { replicas: 4 } } });
    expect(api.requests.entries()).toHaveLength(3);
    expect(api.requests.effects()).toMatchObject([{ method: 'PATCH', path: `${web}/scale`, status: 200, body: '{"spec":{"replicas":4}}' }]);
    expect(api.requests.entries(/^GET /)).toHaveLength(1);
  });
});

describe('faults', () => {
  it('fail the next requests that match, in the recorded shapes, and then end', async () => {
    const { cluster } = testCluster();
    const api = createKubernetesApi(cluster);
    cluster.create(workload('Deployment'));
    api.faults.set(/^GET .*deployments/, { status: 429, retryAfterSeconds: 2 }, { times: 1 });
    const refused = await request(api, ['GET', web]);
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
    expect(await json(request(api, ['GET', web]))).toMatchObject({ http: 200 });
    for (const status of [401, 403, 404, 409, 422, 500, 503] as const) {
      const end = api.faults.set(/deployments\/web$/, { status });
      expect(await json(request(api, ['GET', web]))).toMatchObject({ http: status, kind: 'Status', code: status });
      end();
    }
  });

  it('begin after another request where they are told to', async () => {
    const { cluster } = testCluster();
    const api = createKubernetesApi(cluster);
    cluster.create(workload('Deployment'));
    api.faults.set(/^GET .*deployments\/web$/, { status: 503 }, { after: /^GET .*\/pods/ });
    expect(await json(request(api, ['GET', web]))).toMatchObject({ http: 200 });
    await request(api, ['GET', '/api/v1/namespaces/default/pods']);
    expect(await json(request(api, ['GET', web]))).toMatchObject({ http: 503 });
  });

  it('leave a request without an answer until the caller gives up, its effect made or not', async () => {
    const { cluster } = testCluster();
    const api = createKubernetesApi(cluster);
    cluster.create(workload('Deployment'));
    for (const isApplied of [false, true]) {
      const gone = new AbortController();
      api.faults.set(/^PATCH /, { never: true, isApplied }, { times: 1 });
      const pending = request(api, ['PATCH', `${web}/scale`], { type: merge, body: { spec: { replicas: 7 } }, signal: gone.signal });
      gone.abort();
      await expect(pending).rejects.toThrow('the caller has gone');
      expect(cluster.get('Deployment', 'shop', 'web')).toMatchObject({ spec: { replicas: isApplied ? 7 : 3 } });
    }
  });

  it('cut an answer in half on the wire', async () => {
    const { cluster } = testCluster();
    const api = createKubernetesApi(cluster);
    cluster.create(workload('Deployment'));
    const server = await listen(api.handle);
    api.faults.set(/^GET /, { cut: true }, { times: 1 });
    await expect(fetch(`${server.url}${web}`).then((response) => response.text())).rejects.toThrow();
    expect((await fetch(`${server.url}${web}`)).status).toBe(200);
    await server.close();
  });
});

describe('listening', () => {
  it('ends open watches when it closes', async () => {
    const { cluster } = testCluster();
    const server = await listen(createKubernetesApi(cluster).handle);
    const response = await fetch(`${server.url}/api/v1/namespaces/shop/pods?watch=1`);
    expect(response.status).toBe(200);
    const reading = response.text();
    await server.close();
    await expect(reading).rejects.toThrow();
  });
});
