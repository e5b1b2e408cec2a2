import fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import type { FakeCluster } from '../../support/actions/fake-cluster.ts';
import { autoscaler, clusterWith, configMapPlace, deploymentPlace, history, workload } from '../../support/actions/objects.ts';

/** A world, a call in it, and what somebody else could do there. */
export interface Case {
  readonly action: string;
  readonly world: () => FakeCluster;
  readonly params: JsonObject;
  /** A change of the very thing that the plan is about, to a value that is neither its `from` nor its `to`. */
  readonly foreign: (cluster: FakeCluster, change: { readonly what: string; readonly from: Json; readonly to: Json }) => void;
}

const stamp = 'kubectl.kubernetes.io/restartedAt';
const count = fc.integer({ min: 0, max: 1000 });
const bound = fc.integer({ min: 1, max: 1000 });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const key = fc.oneof(fc.constantFrom('a', 'b', 'constructor', 'toString', 'a.b-c_d'), fc.stringMatching(/^[a-z]{1,3}$/));
const dataOf = (constraints: { minKeys?: number }) => fc.dictionary(key, text, { maxKeys: 4, ...constraints, noNullPrototype: true });
const image = fc.constantFrom('registry.example/web:1', 'registry.example/web:2', 'registry.example/web@sha256:abc');
const variable = fc.constantFrom('A', 'B', 'POOL_SIZE', 'constructor');

type Mutable = { [key: string]: never } & {
  spec: { replicas: number; minReplicas: number; template: { metadata: { annotations?: object }; spec: { containers: Mutable[] } } };
  data?: object;
};

const edit = (cluster: FakeCluster, change: (object: Mutable) => void) =>
  cluster.change(deploymentPlace, (object) => change(object as unknown as Mutable));
const set = (object: object, name: string, value: unknown) =>
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });

const container = fc.record(
  {
    name: fc.constantFrom('web', 'sidecar', 'proxy'),
    image,
    env: fc.uniqueArray(fc.record({ name: variable, value: fc.constantFrom('1', '2', 'x') }), {
      selector: ({ name }) => name,
      maxLength: 3,
    }),
    resources: fc.record(
      {
        limits: fc.record({ cpu: fc.constantFrom('500m', '3'), memory: fc.constantFrom('8Gi', '2Gi') }, { requiredKeys: [] }),
        requests: fc.record({ cpu: fc.constantFrom('100m', '0'), memory: fc.constant('1Mi') }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['name', 'image'] },
);
const containers = fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1, maxLength: 3 });
/** A world with containers, and the name of one of them. */
const pod = containers.chain((list) =>
  fc.record({ list: fc.constant(list as unknown as Json[]), name: fc.constantFrom(...list.map((each) => each.name)) }),
);

const inContainer = (cluster: FakeCluster, name: string, change: (container: Mutable) => void) =>
  edit(cluster, ({ spec }) => {
    const found = spec.template.spec.containers.find((each) => (each as { name?: string }).name === name);
    if (found !== undefined) change(found);
  });

const replicas = fc.oneof(count, fc.record({ exactly: count }), fc.record({ atLeast: bound }), fc.record({ atMost: bound }));

/** A number that is neither of the two. */
const third = (from: Json, to: Json) => [11, 12, 13].find((each) => each !== from && each !== to) ?? 0;

const scales = fc.record({ present: count, wanted: replicas }).map(({ present, wanted }): Case => ({
  action: 'kubernetes.scale',
  world: () => clusterWith({ replicas: present }),
  params: { ...workload, replicas: wanted },
  foreign: (cluster, { from, to }) => edit(cluster, ({ spec }) => void (spec.replicas = third(from, to))),
}));

const floors = fc
  .record({ present: fc.integer({ min: 5, max: 20 }), min: fc.integer({ min: 1, max: 5 }), floor: fc.integer({ min: 1, max: 20 }) })
  .map(({ present, min, floor }): Case => ({
    action: 'kubernetes.scale',
    world: () => {
      const cluster = clusterWith({ replicas: present });
      autoscaler(cluster, { min, max: 20 });
      return cluster;
    },
    params: { ...workload, replicas: { floor } },
    foreign: (cluster, { from, to }) =>
      cluster.change({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: 'app', name: 'web-hpa' }, (object) => {
        (object as unknown as Mutable).spec.minReplicas = third(from, to);
      }),
  }));

const restarts = fc
  .constantFrom<Record<string, string> | undefined>(undefined, {}, { other: 'x' }, { [stamp]: '2026-01-01T00:00:00Z' })
  .map((annotations): Case => ({
    action: 'kubernetes.restart',
    world: () => clusterWith(annotations === undefined ? {} : { annotations }),
    params: { ...workload },
    foreign: (cluster) => edit(cluster, ({ spec }) => void (spec.template.metadata.annotations = { [stamp]: '2020-02-02T02:02:02Z' })),
  }));

const data = fc
  .record({ before: fc.option(dataOf({}), { nil: undefined }), wanted: dataOf({ minKeys: 1 }) })
  .map(({ before, wanted }): Case => ({
    action: 'kubernetes.patch',
    world: () => clusterWith(before === undefined ? {} : { data: before }),
    params: { ...workload, data: wanted },
    foreign: (cluster, { what }) => {
      const name = /^data(?:\.|\[")(.*?)(?:"\])?$/.exec(what)?.[1] ?? '';
      cluster.change(configMapPlace, (object) => set(((object as unknown as Mutable).data ??= {}), name, 'neither the one nor the other'));
    },
  }));

const images = fc.record({ pod, to: image }).map(({ pod: { list, name }, to }): Case => ({
  action: 'kubernetes.setImage',
  world: () => clusterWith({ containers: list }),
  params: { ...workload, container: name, image: to },
  foreign: (cluster) => inContainer(cluster, name, (found) => void set(found, 'image', 'registry.example/other:9')),
}));

const variables = fc
  .record({
    pod,
    env: fc.dictionary(variable, fc.option(fc.constantFrom('1', '9', '')), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  })
  .map(({ pod: { list, name }, env }): Case => ({
    action: 'kubernetes.setEnv',
    world: () => clusterWith({ containers: list }),
    params: { ...workload, container: name, env },
    foreign: (cluster, { what }) =>
      inContainer(cluster, name, (found) => {
        const changed = what.split(' ').at(-1) ?? '';
        const others = ((found as { env?: { name: string }[] }).env ?? []).filter((each) => each.name !== changed);
        set(found, 'env', [...others, { name: changed, value: 'neither the one nor the other' }]);
      }),
  }));

const resources = fc
  .record({
    pod,
    amount: fc.oneof(
      fc
        .constantFrom(['cpu', '500m'], ['cpu', '2000m'], ['cpu', null], ['memory', '1024Mi'], ['memory', '4Gi'], ['memory', null])
        .map((limit) => ['limits', ...limit] as const),
      fc.constantFrom('50m', null).map((request) => ['requests', 'cpu', request] as const),
    ),
  })
  .map(({ pod: { list, name }, amount: [part, resource = '', to = null] }): Case => ({
    action: 'kubernetes.setResources',
    world: () => clusterWith({ containers: list }),
    params: { ...workload, container: name, [part]: { [resource]: to } },
    foreign: (cluster) =>
      inContainer(cluster, name, (found) => {
        const before = (found as { resources?: { [part: string]: object } }).resources ?? {};
        set(found, 'resources', { ...before, [part]: { ...before[part], [resource]: '7' } });
      }),
  }));

const template = containers.map((list): Json => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: list as unknown as Json[] },
}));
const rollbacks = fc
  .record({ past: fc.array(template, { minLength: 1, maxLength: 3 }), present: containers, named: fc.boolean() })
  .map(({ past, present, named }): Case => ({
    action: 'kubernetes.rollback',
    world: () => {
      const cluster = clusterWith({ containers: present as unknown as Json[] });
      history(cluster, past);
      return cluster;
    },
    params: { ...workload, ...(named ? { revision: 'web-1' } : {}) },
    foreign: (cluster) => edit(cluster, ({ spec }) => void (spec.template.metadata.annotations = { other: 'hand' })),
  }));

const strategic = fc.record({ pod, to: image, value: fc.constantFrom('1', '9') }).map(({ pod: { list, name }, to, value }): Case => ({
  action: 'kubernetes.patch',
  world: () => clusterWith({ containers: list }),
  params: {
    ...workload,
    kind: 'Deployment',
    type: 'strategic',
    patch: { spec: { template: { spec: { containers: [{ name, image: to, env: [{ name: 'NEW', value }] }] } } } },
  },
  foreign: (cluster, { what }) =>
    inContainer(cluster, name, (found) =>
      what.endsWith('.image')
        ? void set(found, 'image', 'registry.example/other:9')
        : void set(found, 'env', [{ name: 'NEW', value: 'hand' }]),
    ),
}));

export const cases: fc.Arbitrary<Case> = fc.oneof(scales, floors, restarts, data, images, variables, resources, rollbacks, strategic);
