import { describe, expect, it } from 'vitest';
import { ClusterConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { createKubernetesReader } from '../../../src/adapters/kubernetes/reader.ts';
import { createKubernetesWriter } from '../../../src/adapters/kubernetes/writer.ts';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { actionNamed, applyOf, contextOf, planOf } from '../../support/actions/world.ts';
import { transcript } from './recording.ts';
import { replay, type Answer } from './replay.ts';
import { contextFor, exchange, serverOf } from './workload-server.ts';

interface Recorded {
  readonly file: string;
  /** Exchanges whose answers the plan reads. */
  readonly read: readonly number[];
  /** The exchange whose effect the action is to have: kubectl's own change, or one made by hand. */
  readonly change: number;
  readonly action: string;
  readonly params: JsonObject;
  /** Paths of the change's answer that ours must be equal in. */
  readonly compare: readonly string[];
}

function part(object: unknown, path: string): unknown {
  let value = object;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

/** Nulls say nothing, and the order of variables is the server's own (fact 11). */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [[key, comparable(member)]])));
}

const web = { namespace: 't06', name: 'web' };
const cases: readonly (readonly [string, Recorded])[] = [
  [
    'setImage does what kubectl set image does',
    {
      file: '06',
      read: [23],
      change: 24,
      action: 'setImage',
      params: { ...web, container: 'web', image: 'registry.example/web:2.0' },
      compare: ['spec.template.spec.containers.0'],
    },
  ],
  [
    'setEnv does what kubectl set env does',
    {
      file: '06',
      read: [26],
      change: 27,
      action: 'setEnv',
      params: { ...web, container: 'web', env: { DB_POOL_SIZE: '40', DB_MAX_OVERFLOW: '20' } },
      compare: ['spec'],
    },
  ],
  [
    'setEnv takes away as kubectl set env does',
    {
      file: '06',
      read: [28],
      change: 29,
      action: 'setEnv',
      params: { ...web, container: 'web', env: { DB_MAX_OVERFLOW: null } },
      compare: ['spec'],
    },
  ],
  [
    'setResources does what kubectl set resources does',
    {
      file: '06',
      read: [30],
      change: 31,
      action: 'setResources',
      params: { ...web, container: 'web', limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: '200m' } },
      compare: ['spec'],
    },
  ],
  [
    'rollback of a Deployment does what kubectl rollout undo does',
    { file: '04b', read: [16, 17], change: 18, action: 'rollback', params: { namespace: 't04b', name: 'web' }, compare: ['spec.template'] },
  ],
  [
    'rollback to a revision does what kubectl rollout undo --to-revision does',
    {
      file: '04b',
      read: [22, 23],
      change: 24,
      action: 'rollback',
      params: { namespace: 't04b', name: 'web', revision: 1 },
      compare: ['spec.template'],
    },
  ],
  [
    'rollback of a StatefulSet does what kubectl rollout undo does',
    {
      file: '05-',
      read: [11, 12],
      change: 13,
      action: 'rollback',
      params: { kind: 'StatefulSet', namespace: 't05', name: 'db' },
      compare: ['spec.template'],
    },
  ],
  [
    'rollback of a stuck StatefulSet does what kubectl rollout undo does',
    {
      file: '05b',
      read: [6, 7, 10],
      change: 8,
      action: 'rollback',
      params: { kind: 'StatefulSet', namespace: 't05b', name: 'db' },
      compare: ['spec.template'],
    },
  ],
  [
    'rollback of a DaemonSet does what kubectl rollout undo does',
    {
      file: '05c',
      read: [6, 7],
      change: 8,
      action: 'rollback',
      params: { kind: 'DaemonSet', namespace: 't05c', name: 'agent' },
      compare: ['spec.template'],
    },
  ],
  [
    'patch turns the selector of a Service as recorded',
    {
      file: '09',
      read: [0],
      change: 5,
      action: 'patch',
      params: { kind: 'Service', namespace: 't09', name: 'app', patch: { spec: { selector: { version: 'green' } } } },
      compare: ['spec.selector'],
    },
  ],
  [
    'patch moves the bounds of an autoscaler as recorded',
    {
      file: '08',
      read: [11],
      change: 12,
      action: 'patch',
      params: { kind: 'HorizontalPodAutoscaler', namespace: 't08', name: 'web', patch: { spec: { maxReplicas: 8, minReplicas: 6 } } },
      compare: ['spec'],
    },
  ],
];

describe('against the recordings', () => {
  it.each(cases)('%s', async (_name, { file, read, change, action, params, compare }) => {
    const recordedChange = exchange(file, change);
    const path = recordedChange.request.path;
    // A Service was recorded when it was made: read at its own path.
    const reads = read
      .map((index) => exchange(file, index))
      .map((each) => (each.request.method === 'POST' ? { ...each, request: { ...each.request, path } } : each));
    let after: Json | undefined;
    await using api = await replay(serverOf(reads, path, (patched) => void (after = patched)));
    const context = contextFor(api);
    const plan = await planOf(`kubernetes.${action}`, params, context);
    expect(plan.changes).not.toEqual([]);
    const output = await applyOf(`kubernetes.${action}`, plan.intent, context);
    if (action !== 'patch') expect(output).toMatchObject({ generation: 99 });
    const [patch, ...others] = api.asked.filter(({ method }) => method === 'PATCH');
    expect(others).toEqual([]);
    expect([patch?.path, patch?.headers['content-type'], patch?.query]).toEqual([
      path,
      'application/json-patch+json',
      { fieldManager: 'fixpoint' },
    ]);
    expect(((patch?.body ?? []) as Json[])[0]).toEqual({
      op: 'test',
      path: '/metadata/uid',
      value: (recordedChange.response.body as { metadata: { uid: string } }).metadata.uid,
    });
    for (const where of compare)
      expect(comparable(part(after, where)), where).toEqual(comparable(part(recordedChange.response.body, where)));
  });

  it('an image is changed by the very operations that were recorded by hand', async () => {
    const byHand = exchange('06', 18);
    await using api = await replay(serverOf([exchange('06', 23)], byHand.request.path, () => undefined));
    const context = contextFor(api);
    const { intent } = await planOf('kubernetes.setImage', { ...web, container: 'web', image: 'registry.example/web:1.9' }, context);
    await applyOf('kubernetes.setImage', intent, context);
    const body = (api.asked.find(({ method }) => method === 'PATCH')?.body ?? []) as { op: string; path: string }[];
    const operations = (byHand.request.body as { op: string; path: string }[]).map(({ op, path }) => `${op} ${path}`);
    expect(body.map(({ op, path }) => `${op} ${path}`)).toEqual(expect.arrayContaining(operations));
  });

  it('an autoscaler that owns the count is given the bound that was recorded as the right lever', async () => {
    const hpa = exchange('08', 9);
    const scale = exchange('08', 8);
    const list = {
      ...hpa,
      request: { ...hpa.request, path: '/apis/autoscaling/v2/namespaces/t08/horizontalpodautoscalers' },
      response: { ...hpa.response, body: { items: [hpa.response.body] } },
    };
    const target = { ...scale, request: { ...scale.request, path: '/apis/apps/v1/namespaces/t08/deployments/web' } };
    await using api = await replay(serverOf([hpa, list, scale, target], hpa.request.path, () => undefined));
    const context = contextFor(api);
    const { intent, changes } = await planOf('kubernetes.scale', { namespace: 't08', name: 'web', replicas: 4 }, context);
    expect(changes).toEqual([{ what: 'HorizontalPodAutoscaler web spec.minReplicas', from: 2, to: 4 }]);
    await applyOf('kubernetes.scale', intent, context);
    expect(api.asked.filter(({ method }) => method === 'PATCH').map(({ path, body }) => [path, body])).toEqual([
      [
        hpa.request.path,
        [
          { op: 'test', path: '/metadata/uid', value: (hpa.response.body as { metadata: { uid: string } }).metadata.uid },
          { op: 'test', path: '/spec/minReplicas', value: 2 },
          { op: 'replace', path: '/spec/minReplicas', value: 4 },
        ],
      ],
    ]);
  });
});

describe('what the server answers to a patch', () => {
  const refusals = [
    ['a bound above the maximum', '08', 1, 'kubernetes.invalid'],
    ['a bound of none', '08', 3, 'kubernetes.invalid'],
    ['a test that fails', '09', 9, 'kubernetes.invalid'],
    ['an immutable field', '05-', 20, 'kubernetes.invalid'],
    ['a limit below the request', '06', 8, 'kubernetes.invalid'],
    ['a value and a reference at once', '06', 5, 'kubernetes.invalid'],
    ['a missing merge key', '06', 19, 'kubernetes.invalid'],
    ['labels that no longer match', '06', 20, 'kubernetes.invalid'],
  ] as const;

  it.each(refusals)('%s is told by its code, and nothing else is tried', async (_name, file, ...[index, code]) => {
    const { response } = exchange(file, index);
    const before = exchange('06', 23);
    await using api = await replay((asked) => (asked.method === 'PATCH' ? response : before.response));
    const context = contextFor(api);
    const { intent } = await planOf('kubernetes.setImage', { ...web, container: 'web', image: 'registry.example/web:9' }, context);
    await expect(applyOf('kubernetes.setImage', intent, context)).rejects.toMatchObject({ code, retryable: false });
    expect(api.asked.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });

  it('no rights, too many requests and a silent server are told apart', async () => {
    const before = exchange('06', 23);
    const forbidden = transcript('20').exchanges.find(({ response }) => response.status === 403)?.response as Answer;
    for (const [answer, code, retryable] of [
      [forbidden, 'kubernetes.forbidden', false],
      [{ status: 429, headers: { 'retry-after': '1' }, body: '' }, 'kubernetes.throttled', true],
      [{ status: 503, headers: {}, body: 'service unavailable' }, 'kubernetes.unavailable', true],
    ] as const) {
      await using api = await replay((asked) => (asked.method === 'PATCH' ? answer : before.response));
      const context = contextFor(api);
      const { intent } = await planOf('kubernetes.setImage', { ...web, container: 'web', image: 'registry.example/web:9' }, context);
      await expect(applyOf('kubernetes.setImage', intent, context)).rejects.toMatchObject({ code, retryable });
    }
  });
});

describe('several clusters', () => {
  it('are told apart by the parameter, and one that nobody configured is refused', async () => {
    const before = exchange('06', 23);
    const path = before.request.path;
    await using eu = await replay(serverOf([before], path, () => undefined));
    await using us = await replay(serverOf([before], path, () => undefined));
    const [first, second] = [connectionTo('eu', eu.url), connectionTo('us', us.url)];
    const clusters = new Map([
      ['eu', first],
      ['us', second],
    ]);
    const kubernetes = { ...createKubernetesReader(clusters), ...createKubernetesWriter(clusters, () => Promise.resolve()) };
    const context = contextOf({ kubernetes });
    const params = { ...web, container: 'web', image: 'registry.example/web:9' };
    const plan = await planOf('kubernetes.setImage', { cluster: 'us', ...params }, context);
    await applyOf('kubernetes.setImage', plan.intent, context);
    expect(us.asked.map(({ method }) => method)).toEqual(['GET', 'GET', 'PATCH']);
    expect(eu.asked).toEqual([]);
    expect(plan.inverse?.with).toMatchObject({ cluster: 'us' });
    const { params: schema, target } = actionNamed('kubernetes.setImage');
    expect(target(schema.parse({ cluster: 'us', ...params }))).toMatchObject({ cluster: 'us' });
    await expect(planOf('kubernetes.setImage', params, context)).rejects.toMatchObject({
      code: 'kubernetes.invalid',
      message: 'no cluster is named default; there are eu, us',
    });
    await Promise.all([first.close(), second.close()]);
  });
});

function connectionTo(name: string, server: string): ClusterConnection {
  return new ClusterConnection(name, { kind: 'server', server });
}
