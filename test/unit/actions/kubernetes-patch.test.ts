import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { FakeCluster } from '../../support/actions/fake-cluster.ts';
import { clusterWith, deploymentPlace, workload } from '../../support/actions/objects.ts';
import { applyOf, contextOf, isAccepted, planOf } from '../../support/actions/world.ts';

function clusterOf(kind: string, apiVersion: string, rest: JsonObject): FakeCluster {
  const cluster = new FakeCluster();
  cluster.put({ apiVersion, kind, metadata: { ...workload }, ...rest });
  return cluster;
}

const routes = (blue: number, green: number): Json => ({
  http: [
    {
      route: [
        { destination: { host: 'web', subset: 'blue' }, weight: blue },
        { destination: { host: 'web', subset: 'green' }, weight: green },
      ],
    },
  ],
});

const worlds = {
  HorizontalPodAutoscaler: () => clusterOf('HorizontalPodAutoscaler', 'autoscaling/v2', { spec: { minReplicas: 2, maxReplicas: 5 } }),
  Service: () => clusterOf('Service', 'v1', { spec: { selector: { app: 'web', version: 'green' }, ports: [] } }),
  VirtualService: () => clusterOf('VirtualService', 'networking.istio.io/v1', { spec: routes(90, 10) }),
  Deployment: () =>
    clusterWith({
      containers: [
        { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] },
        { name: 'sidecar', image: 'sidecar:1' },
      ],
    }),
} as const;

type Kind = keyof typeof worlds;
const versions: Readonly<Record<Kind, string>> = {
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Service: 'v1',
  VirtualService: 'networking.istio.io/v1',
  Deployment: 'apps/v1',
};

async function patched(kind: Kind, params: JsonObject) {
  const cluster = worlds[kind]();
  const context = contextOf({ kubernetes: cluster });
  const place = { cluster: 'default', apiVersion: versions[kind], kind, ...workload };
  const before = await cluster.get(place);
  const plan = await planOf('kubernetes.patch', { ...workload, kind, ...params }, context);
  const apply = async () => {
    await applyOf('kubernetes.patch', plan.intent, context);
    return (await cluster.get(place))['spec'];
  };
  const undo = async () => {
    const back = await planOf('kubernetes.patch', plan.inverse?.with ?? null, context);
    await applyOf('kubernetes.patch', back.intent, context);
    return (await cluster.get(place))['spec'];
  };
  return { ...plan, cluster, context, place, before: before['spec'], apply, undo };
}

describe('kubernetes.patch in its forms', () => {
  it.each<[string, Kind, JsonObject, readonly (readonly [string, Json, Json])[]]>([
    [
      'bounds of an autoscaler',
      'HorizontalPodAutoscaler',
      { patch: { spec: { minReplicas: 4, maxReplicas: 8 } } },
      [
        ['spec.minReplicas', 2, 4],
        ['spec.maxReplicas', 5, 8],
      ],
    ],
    [
      'the selector of a Service',
      'Service',
      { patch: { spec: { selector: { version: 'blue' } } } },
      [['spec.selector.version', 'green', 'blue']],
    ],
    [
      'weights of a VirtualService',
      'VirtualService',
      {
        type: 'json',
        patch: [
          { op: 'test', path: '/spec/http/0/route/1/destination/subset', value: 'green' },
          { op: 'replace', path: '/spec/http/0/route/0/weight', value: 75 },
          { op: 'replace', path: '/spec/http/0/route/1/weight', value: 25 },
        ],
      },
      [
        ['spec.http["0"].route["0"].weight', 90, 75],
        ['spec.http["0"].route["1"].weight', 10, 25],
      ],
    ],
    [
      'containers by name, an element added and one taken away',
      'Deployment',
      {
        type: 'strategic',
        patch: {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: 'web',
                    image: 'web:2',
                    env: [
                      { name: 'B', value: '2' },
                      { name: 'A', $patch: 'delete' },
                    ],
                  },
                ],
              },
            },
          },
        },
      },
      [
        ['spec.template.spec.containers[web].image', 'web:1', 'web:2'],
        ['spec.template.spec.containers[web].env[B]', null, { name: 'B', value: '2' }],
        ['spec.template.spec.containers[web].env[A]', { name: 'A', value: '1' }, null],
      ],
    ],
    [
      'fields by their paths',
      'Deployment',
      {
        type: 'set',
        patch: [{ path: ['spec', 'template', 'spec', 'containers', { by: 'name', is: 'sidecar' }, 'image'], value: 'sidecar:2' }],
      },
      [['spec.template.spec.containers[sidecar].image', 'sidecar:1', 'sidecar:2']],
    ],
    [
      'what a removal takes away',
      'Service',
      { type: 'json', patch: [{ op: 'remove', path: '/spec/selector/version' }] },
      [['spec.selector.version', 'green', null]],
    ],
  ])('%s: planned as fields, applied, done again and taken back', async (_name, kind, ...[params, changes]) => {
    const { cluster, context, intent, apply, undo, before, ...plan } = await patched(kind, params);
    expect(plan.changes).toEqual(changes.map(([what, from, to]) => ({ what, from, to })));
    const after = await apply();
    expect(after).not.toEqual(before);
    const snapshot = cluster.snapshot();
    await applyOf('kubernetes.patch', intent, context);
    expect(cluster.snapshot()).toBe(snapshot);
    expect(await undo()).toEqual(before);
  });

  it('takes `paused: false` as the API stores it', async () => {
    const { cluster, apply } = await patched('Deployment', { patch: { spec: { paused: true } } });
    await apply();
    const context = contextOf({ kubernetes: cluster });
    const { intent, changes } = await planOf(
      'kubernetes.patch',
      { ...workload, kind: 'Deployment', patch: { spec: { paused: false } } },
      context,
    );
    expect(changes).toEqual([{ what: 'spec.paused', from: true, to: null }]);
    await applyOf('kubernetes.patch', intent, context);
    expect(
      (await planOf('kubernetes.patch', { ...workload, kind: 'Deployment', patch: { spec: { paused: false } } }, context)).changes,
    ).toEqual([]);
  });
});

describe('kubernetes.patch refuses', () => {
  it.each<[string, Kind, JsonObject, string]>([
    ['a field that is not declared', 'Service', { patch: { spec: { clusterIP: '1.2.3.4' } } }, 'params.invalid'],
    ['all that declared fields are in', 'Service', { patch: { spec: { selector: null } } }, 'params.invalid'],
    ['a path above declared fields', 'Service', { type: 'set', patch: [{ path: ['spec'], value: {} }] }, 'params.invalid'],
    [
      'a variable that looks like a credential',
      'Deployment',
      {
        type: 'strategic',
        patch: { spec: { template: { spec: { containers: [{ name: 'web', env: [{ name: 'DB_PASSWORD', $patch: 'delete' }] }] } } } },
      },
      'params.invalid',
    ],
    ['metadata', 'Service', { patch: { metadata: { labels: { a: 'b' } } } }, 'params.invalid'],
    ['owners and finalizers', 'Deployment', { patch: { metadata: { finalizers: null } } }, 'params.invalid'],
    ['the account of pods', 'Deployment', { patch: { spec: { template: { spec: { serviceAccountName: 'admin' } } } } }, 'params.invalid'],
    ['a list of containers as a whole', 'Deployment', { patch: { spec: { template: { spec: { containers: [] } } } } }, 'params.invalid'],
    [
      'a privileged container',
      'Deployment',
      {
        type: 'strategic',
        patch: { spec: { template: { spec: { containers: [{ name: 'web', securityContext: { privileged: true } }] } } } },
      },
      'params.invalid',
    ],
    [
      'a new container by a mistyped name',
      'Deployment',
      { type: 'strategic', patch: { spec: { template: { spec: { containers: [{ name: 'wbe', image: 'x' }] } } } } },
      'params.invalid',
    ],
    [
      'an element without its key',
      'Deployment',
      { type: 'strategic', patch: { spec: { template: { spec: { containers: [{ image: 'x' }] } } } } },
      'params.invalid',
    ],
    ['directives', 'Deployment', { type: 'strategic', patch: { spec: { $patch: 'replace' } } }, 'params.invalid'],
    ['an object as a JSON patch', 'Service', { type: 'json', patch: {} }, 'params.invalid'],
    ['a list as a merge patch', 'Service', { patch: [] }, 'params.invalid'],
    ['moves', 'Service', { type: 'json', patch: [{ op: 'move', from: '/spec/selector/a', path: '/spec/selector/b' }] }, 'params.invalid'],
    [
      'a place in a list to add at',
      'VirtualService',
      { type: 'json', patch: [{ op: 'add', path: '/spec/http/0/route/0', value: {} }] },
      'params.invalid',
    ],
    [
      'a field that is changed twice',
      'Service',
      {
        type: 'json',
        patch: [
          { op: 'replace', path: '/spec/selector/a', value: 'x' },
          { op: 'replace', path: '/spec/selector/a', value: 'y' },
        ],
      },
      'params.invalid',
    ],
    [
      'what its own test does not find',
      'Service',
      {
        type: 'json',
        patch: [
          { op: 'test', path: '/spec/selector/app', value: 'other' },
          { op: 'replace', path: '/spec/selector/version', value: 'blue' },
        ],
      },
      'target.ambiguous',
    ],
  ])('%s', async (_name, kind, ...[params, code]) => {
    await expect(patched(kind, params)).rejects.toMatchObject({ code });
  });

  it('what its test found while planning and finds no more', async () => {
    const { cluster, apply, place } = await patched('Service', {
      type: 'json',
      patch: [
        { op: 'test', path: '/spec/selector/app', value: 'web' },
        { op: 'replace', path: '/spec/selector/version', value: 'blue' },
      ],
    });
    cluster.change(
      place,
      (object) => void ((object as unknown as { spec: { selector: JsonObject } }).spec.selector = { app: 'other', version: 'green' }),
    );
    const before = cluster.snapshot();
    await expect(apply()).rejects.toMatchObject({ code: 'target.changed' });
    expect(cluster.snapshot()).toBe(before);
  });

  it.each<JsonObject>([
    {},
    { data: { a: 'x' }, patch: {} },
    { kind: 'Service', data: { a: 'x' } },
    { kind: 'Secret', patch: { data: {} } },
    { kind: 'ClusterRole', patch: {} },
    { type: 'apply', patch: {} },
    { patch: { data: { a: 'x'.repeat(300_000) } } },
  ])('%j', (params) => expect(isAccepted('kubernetes.patch', { ...workload, ...params })).toBe(false));

  it('a change of pods while the workload is paused', async () => {
    const cluster = worlds.Deployment();
    cluster.change(deploymentPlace, (object) => void ((object as unknown as { spec: { paused: boolean } }).spec.paused = true));
    const params = { ...workload, kind: 'Deployment', patch: { spec: { template: { metadata: { annotations: { a: 'b' } } } } } };
    await expect(planOf('kubernetes.patch', params, contextOf({ kubernetes: cluster }))).rejects.toMatchObject({
      code: 'target.ambiguous',
    });
  });
});
