import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { loosePod, workloadOf } from '../../support/actions/practice-objects.ts';
import { outputOf, withWeb } from '../../support/actions/read-output.ts';
import { actionNamed, isAccepted } from '../../support/actions/world.ts';

const owner = { name: 'web' };

describe('kubernetes.events', () => {
  it('tells of an object, the newest first, and counts warnings', async () => {
    const practice = withWeb({ podOutcome: () => 'image-missing' });
    const pod = practice.pods('app')[0]?.metadata.name ?? '';
    interface Events {
      readonly total: number;
      readonly warnings: number;
      readonly events: readonly { reason: string; object: string; at: string; type: string }[];
    }
    const read = await outputOf<Events>(practice, 'events', { namespace: 'app', kind: 'Pod', name: pod });
    expect(new Set(read.events.map(({ object }) => object))).toEqual(new Set([`Pod/${pod}`]));
    expect(read.events.map(({ at }) => at)).toEqual(
      read.events
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    );
    const all = await outputOf<Events>(practice, 'events', { namespace: 'app', type: 'Warning', limit: 1 });
    expect(all.events).toHaveLength(1);
    expect(all.total).toBe(all.warnings);
    expect(all.total).toBeGreaterThan(1);
  });

  it.each<JsonObject>([
    { kind: 'Pod' },
    { name: 'x' },
    { kind: 'pod', name: 'x' },
    { limit: 0 },
    { limit: 201 },
    { kind: 'Pod,x=y', name: 'a' },
  ])('refuses %j', (params) => expect(isAccepted('kubernetes.events', { namespace: 'app', ...params })).toBe(false));
});

describe('kubernetes.top', () => {
  const podUsage = (pod: { metadata: { name: string } }) => ({ cpu: 0.25, memory: pod.metadata.name.endsWith('0') ? 2 ** 30 : 2 ** 20 });

  it('tells what pods use, in cores and bytes, the largest first', async () => {
    const practice = withWeb({ podUsage }, { kind: 'StatefulSet', name: 'db', containers: ['db', 'exporter'] });
    const read = await outputOf(practice, 'top', { namespace: 'app', owner: { kind: 'StatefulSet', name: 'db' } });
    expect(read).toEqual({
      total: 2,
      cpu: 0.5,
      memory: 2 ** 30 + 2 ** 20,
      pods: [
        { name: 'db-0', cpu: 0.25, memory: 2 ** 30 },
        { name: 'db-1', cpu: 0.25, memory: 2 ** 20 },
      ],
    });
  });

  it('tells what nodes use', async () => {
    const read = await outputOf<{ total: number; cpu: number; nodes: Json[] }>(withWeb({ podUsage }), 'top', { of: 'nodes' });
    expect([read.total, read.cpu, read.nodes.length]).toEqual([3, 0.5, 3]);
  });

  it('says that a cluster has no metrics', async () => {
    await expect(outputOf(withWeb(), 'top', { namespace: 'app', owner })).rejects.toMatchObject({
      code: 'kubernetes.not-found',
      message: 'cluster default has no metrics API: metrics-server is not installed',
    });
  });

  it.each<JsonObject>([
    { of: 'pods' },
    { namespace: 'app' },
    { of: 'nodes', namespace: 'app' },
    { of: 'nodes', owner },
    { namespace: 'app', owner, selector: 'a' },
  ])('refuses %j', (params) => expect(isAccepted('kubernetes.top', params)).toBe(false));
});

describe('kubernetes.get', () => {
  const place = { kind: 'Deployment', namespace: 'app', name: 'web' };

  it('reads an object, or a part of it', async () => {
    const practice = withWeb();
    expect(await outputOf(practice, 'get', place)).toMatchObject({
      kind: 'Deployment',
      spec: { replicas: 2 },
      status: { readyReplicas: 2 },
    });
    expect(await outputOf(practice, 'get', { ...place, path: '/spec/template/spec/containers/0/image' })).toBe('registry.example/web:1');
    await expect(outputOf(practice, 'get', { ...place, path: '/spec/nope' })).rejects.toMatchObject({
      code: 'target.missing',
      message: 'Deployment app/web has no /spec/nope',
    });
    await expect(outputOf(practice, 'get', { ...place, name: 'other' })).rejects.toMatchObject({ code: 'kubernetes.not-found' });
  });

  it('hides what looks like a credential, and leaves bookkeeping out', async () => {
    const practice = new PracticeCluster();
    const last = { 'kubectl.kubernetes.io/last-applied-configuration': '{"password":"hunter2"}', 'note': 'kept' };
    practice.add(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'app', name: 'c', annotations: last },
        data: { DB_PASSWORD: 'hunter2', POOL: '20', URL: 'amqp://u:hunter2@q' },
      },
      {
        ...loosePod('p'),
        spec: {
          containers: [
            {
              name: 'main',
              image: 'x',
              env: [
                { name: 'API_TOKEN', value: 'hunter2' },
                { name: 'MODE', value: 'fast' },
              ],
            },
          ],
        },
      },
    );
    const map = await outputOf<JsonObject>(practice, 'get', { kind: 'ConfigMap', namespace: 'app', name: 'c' });
    expect(map['data']).toEqual({ DB_PASSWORD: '(hidden)', POOL: '20', URL: 'amqp://u:(hidden)@q' });
    expect((map['metadata'] as { annotations: Json }).annotations).toEqual({ note: 'kept' });
    expect(await outputOf(practice, 'get', { kind: 'Pod', namespace: 'app', name: 'p', path: '/spec/containers/0/env' })).toEqual([
      { name: 'API_TOKEN', value: '(hidden)' },
      { name: 'MODE', value: 'fast' },
    ]);
  });

  it('refuses to bring home what is too large, and says how to ask for less', async () => {
    const practice = new PracticeCluster();
    practice.add({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'app', name: 'big' },
      data: Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, 'x'.repeat(3000)])),
    });
    await expect(outputOf(practice, 'get', { kind: 'ConfigMap', namespace: 'app', name: 'big' })).rejects.toMatchObject({
      code: 'kubernetes.invalid',
      message: expect.stringContaining('`path` names the part') as string,
    });
    expect(await outputOf(practice, 'get', { kind: 'ConfigMap', namespace: 'app', name: 'big', path: '/data/k7' })).toHaveLength(3000);
  });

  it('reads custom resources by their plural', async () => {
    const practice = new PracticeCluster();
    practice.add({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { namespace: 'app', name: 'web' },
      spec: { hosts: ['web'] },
    });
    const params = {
      kind: 'VirtualService',
      apiVersion: 'networking.istio.io/v1',
      plural: 'virtualservices',
      namespace: 'app',
      name: 'web',
    };
    expect(await outputOf(practice, 'get', { ...params, path: '/spec/hosts' })).toEqual(['web']);
    const { permissions, params: schema } = actionNamed('kubernetes.get');
    const custom = { ...params, kind: 'Certificate', apiVersion: 'cert-manager.io/v1', plural: 'certificates' };
    expect(permissions(schema.parse(custom))).toEqual([
      { cluster: 'default', namespace: 'app', apiGroup: 'cert-manager.io', resource: 'certificates', verbs: ['get'], name: 'web' },
    ]);
  });

  it.each<JsonObject>([
    { kind: 'Secret', name: 'x' },
    { kind: 'Secret', apiVersion: 'x.dev/v1', plural: 'things', name: 'x' },
    { kind: 'Thing', apiVersion: 'v1', plural: 'secrets', name: 'x' },
    { kind: 'Certificate', name: 'x' },
    { kind: 'Certificate', plural: 'certificates', name: 'x' },
    { kind: 'Certificate', apiVersion: '../v1', plural: 'certificates', name: 'x' },
    { kind: 'Certificate', apiVersion: 'a.b/v1', plural: '../x', name: 'x' },
    { kind: 'pod', name: 'x' },
    { kind: 'Pod', name: '../x' },
    { kind: 'Pod', name: 'x', path: 'spec' },
    { kind: '__proto__', name: 'x' },
  ])('refuses %j', (params) => expect(isAccepted('kubernetes.get', { namespace: 'app', ...params })).toBe(false));
});

describe('kubernetes.describe', () => {
  interface Described {
    readonly object: JsonObject;
    readonly conditions: readonly JsonObject[];
    readonly events: readonly { reason: string }[];
    readonly pods: readonly { name: string; reason: string | null }[];
  }

  it('tells of a workload: object, conditions, Events and pods in one', async () => {
    const practice = withWeb({ podOutcome: () => 'crash' });
    const read = await outputOf<Described>(practice, 'describe', { kind: 'Deployment', namespace: 'app', name: 'web' });
    expect(read.object).toMatchObject({ kind: 'Deployment', spec: { replicas: 2 } });
    expect(read.conditions.map(({ type }) => type)).toEqual(expect.arrayContaining(['Available', 'Progressing']));
    expect(read.events.map(({ reason }) => reason)).toContain('ScalingReplicaSet');
    expect(read.pods.map(({ reason }) => reason)).toEqual(['CrashLoopBackOff', 'CrashLoopBackOff']);
  });

  it('tells of a Service, a node and a pod', async () => {
    const practice = withWeb();
    practice.add({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'app', name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    expect((await outputOf<Described>(practice, 'describe', { kind: 'Service', namespace: 'app', name: 'web' })).pods).toHaveLength(2);
    const node = practice.pods('app')[0]?.['spec'] as { nodeName: string };
    const onNode = await outputOf<Described>(practice, 'describe', { kind: 'Node', name: node.nodeName });
    expect(onNode.conditions.map(({ type }) => type)).toContain('Ready');
    expect(onNode.pods.length).toBeGreaterThan(0);
    const pod = practice.pods('app')[0]?.metadata.name ?? '';
    const one = await outputOf<Described>(practice, 'describe', { kind: 'Pod', namespace: 'app', name: pod });
    expect(one.pods).toEqual([]);
    expect(one.events.map(({ reason }) => reason)).toContain('Scheduled');
  });

  it('needs the rights for all that it reads', () => {
    const { permissions, params } = actionNamed('kubernetes.describe');
    const rights = permissions(params.parse({ kind: 'Deployment', namespace: 'app', name: 'web' })).map(
      ({ resource, verbs }) => `${resource} ${verbs.join()}`,
    );
    expect(rights).toEqual(['deployments get', 'events list', 'pods list']);
  });
});

describe('kubernetes.rolloutStatus', () => {
  it('tells of a rollout that is complete, under way, paused and stuck', async () => {
    const practice = withWeb({}, { kind: 'StatefulSet', name: 'db' });
    const params = { namespace: 'app', kind: 'StatefulSet', name: 'db' };
    expect(await outputOf(practice, 'rolloutStatus', params)).toEqual({
      workload: { kind: 'StatefulSet', namespace: 'app', name: 'db' },
      complete: true,
      failed: false,
      reason: null,
      paused: false,
      generation: 1,
      observed: 1,
      replicas: 2,
      updated: 2,
      ready: 2,
      available: 2,
      stuck: [],
    });
    const set = practice.cluster.get('StatefulSet', 'app', 'db');
    if (set !== undefined)
      practice.cluster.update(set, (found) => {
        const bad = workloadOf({ kind: 'StatefulSet', name: 'db' }).spec;
        return {
          ...found,
          spec: { ...bad, template: { ...bad.template, spec: { containers: [{ name: 'db', image: 'registry.example/bad:1' }] } } },
        };
      });
    practice.rest(30_000);
    expect(await outputOf(practice, 'rolloutStatus', params)).toMatchObject({
      complete: false,
      reason: expect.any(String) as string,
      ready: 1,
      stuck: ['pod db-1 (ImagePullBackOff)'],
    });
  });

  it('tells of the workload behind a pod', async () => {
    const practice = withWeb();
    const pod = practice.pods('app')[0]?.metadata.name ?? '';
    expect(await outputOf(practice, 'rolloutStatus', { namespace: 'app', ownerOf: pod })).toMatchObject({
      workload: { kind: 'Deployment', name: 'web' },
      complete: true,
    });
  });

  it('counts the pods of a DaemonSet', async () => {
    const practice = new PracticeCluster();
    const { selector, template } = workloadOf({ name: 'agent' }).spec;
    practice.add({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { namespace: 'app', name: 'agent' }, spec: { selector, template } });
    expect(await outputOf(practice, 'rolloutStatus', { namespace: 'app', kind: 'DaemonSet', name: 'agent' })).toMatchObject({
      complete: true,
      replicas: 3,
      updated: 3,
      available: 3,
    });
  });
});
