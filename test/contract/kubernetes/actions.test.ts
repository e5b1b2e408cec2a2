import { afterEach, describe, expect, it } from 'vitest';
import type { KubernetesReader, KubernetesWriter, ObjectRef } from '../../../src/ports/kubernetes.ts';
import { realClock } from '../../../src/sandbox/clock.ts';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import { createCluster } from '../../../src/sandbox/kubernetes/cluster.ts';
import { listen } from '../../../src/sandbox/listen.ts';
import type { Json } from '../../../src/value/json.ts';
import { clusterWith, configMapPlace, deploymentPlace, workload } from '../../support/actions/objects.ts';
import { actionNamed, applyOf, contextOf, planOf } from '../../support/actions/world.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { clientOf, signal } from './client.ts';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const deployment: ObjectRef = { cluster: 'default', ...deploymentPlace };
const configMap: ObjectRef = { cluster: 'default', ...configMapPlace };

/** The simulated cluster over HTTP, through the real adapter. */
async function sandbox(): Promise<KubernetesReader & KubernetesWriter> {
  let made = 0;
  const ids = () => `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}`;
  const cluster = createCluster({ clock: realClock(50), ids });
  cleanUps.push(() => cluster.close());
  const metadata = { namespace: workload.namespace, name: workload.name };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'registry.example/web:1.0' }] } };
  cluster.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template },
  });
  cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } });
  const server = await listen(createKubernetesApi(cluster).handle);
  cleanUps.push(() => server.close());
  const { reader, writer } = clientOf(server.url);
  return { ...reader, ...writer };
}

describe.each([
  ['the real adapter on the sandbox', sandbox],
  ['the fake of the action tests', () => Promise.resolve(clusterWith({ data: { a: '1' } }))],
])('%s', (_name, make) => {
  const patch = (cluster: KubernetesWriter, ref: ObjectRef, body: Json) => cluster.patch({ ref, type: 'json', body }, signal());
  const scale = (cluster: KubernetesWriter, body: Json) =>
    cluster.patch({ ref: deployment, subresource: 'scale', type: 'json', body }, signal());

  it('scales where uid and count are as tested, and only then', async () => {
    const cluster = await make();
    const { metadata } = await cluster.getScale(deployment, signal());
    const body = (uid: string, from: number | null, to: number) => [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/spec/replicas', value: from },
      { op: 'add', path: '/spec/replicas', value: to },
    ];
    await expect(scale(cluster, body(metadata.uid, 9, 5))).rejects.toMatchObject({ code: 'kubernetes.invalid' });
    await expect(scale(cluster, body('another', 3, 5))).rejects.toMatchObject({ code: 'kubernetes.invalid' });
    expect((await scale(cluster, body(metadata.uid, 3, 0)))['spec']).toEqual({});
    expect((await cluster.getScale(deployment, signal()))['spec']).toEqual({});
    await expect(scale(cluster, body(metadata.uid, 0, 5))).rejects.toMatchObject({ code: 'kubernetes.invalid' });
    expect((await scale(cluster, body(metadata.uid, null, 2)))['spec']).toEqual({ replicas: 2 });
  });

  it('raises the generation for a new spec, and for nothing else', async () => {
    const cluster = await make();
    const before = await cluster.get(deployment, signal());
    const again = [{ op: 'add', path: '/spec/replicas', value: 3 }];
    const same = await patch(cluster, deployment, again);
    expect(same.metadata.generation).toBe(before.metadata.generation);
    const changed = await patch(cluster, deployment, [{ op: 'add', path: '/spec/replicas', value: 4 }]);
    expect(changed.metadata.generation).toBe((before.metadata.generation ?? 0) + 1);
  });

  it('takes a test for null on a missing key as met, and refuses to add below what is missing', async () => {
    const cluster = await make();
    const annotations = '/spec/template/metadata/annotations';
    await expect(patch(cluster, deployment, [{ op: 'add', path: `${annotations}/x`, value: 'y' }])).rejects.toMatchObject({
      code: 'kubernetes.invalid',
    });
    const body = [
      { op: 'test', path: annotations, value: null },
      { op: 'add', path: annotations, value: {} },
      { op: 'add', path: `${annotations}/a~1b`, value: 'y' },
    ];
    expect((await patch(cluster, deployment, body))['spec']).toMatchObject({ template: { metadata: { annotations: { 'a/b': 'y' } } } });
  });

  it('rehearses without storing anything', async () => {
    const cluster = await make();
    const answer = await cluster.patch(
      { ref: configMap, type: 'json', body: [{ op: 'add', path: '/data/a', value: '2' }], dryRun: true },
      signal(),
    );
    expect(answer['data']).toEqual({ a: '2' });
    expect((await cluster.get(configMap, signal()))['data']).toEqual({ a: '1' });
  });

  it('says what is missing, and lists nothing where nothing is', async () => {
    const cluster = await make();
    await expect(cluster.get({ ...deployment, name: 'nope' }, signal())).rejects.toMatchObject({ code: 'kubernetes.not-found' });
    expect(
      await cluster.list({ cluster: 'default', apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: 'app' }, signal()),
    ).toEqual([]);
  });

  it.each([
    ['kubernetes.scale', { replicas: 5 }],
    ['kubernetes.scale', { replicas: 0 }],
    ['kubernetes.restart', {}],
    ['kubernetes.patch', { data: { a: '2', b: '3' } }],
  ] as const)('%s %j converges and respects what others did', async (action, params) => {
    const kubernetes = await make();
    const context = contextOf({ kubernetes });
    const { intent, changes } = await planOf(action, { ...workload, ...params }, context);
    expect(changes).not.toEqual([]);
    const output = await applyOf(action, intent, context);
    expect(await applyOf(action, intent, context)).toEqual(output);
    const again = await planOf('kubernetes.scale', { ...workload, replicas: 1 }, context);
    await patch(kubernetes, deployment, [{ op: 'add', path: '/spec/replicas', value: 7 }]);
    await expect(applyOf('kubernetes.scale', again.intent, context)).rejects.toMatchObject({ code: 'target.changed' });
  });
});

describe('on the sandbox', () => {
  it.each([
    ['kubernetes.scale', { replicas: { atLeast: 5 } }],
    ['kubernetes.restart', {}],
  ] as const)('%s settles once its own generation is rolled out', async (action, params) => {
    const kubernetes = await sandbox();
    const context = contextOf({ kubernetes });
    const { intent } = await planOf(action, { ...workload, ...params }, context);
    const output = await applyOf(action, intent, context);
    const settled = async () => await actionNamed(action).settled?.(intent, { ...context, output });
    const first = await settled();
    await waitUntil(async () => (await settled())?.settled === true, { describe: 'the rollout is complete' });
    expect(first?.settled).toBe(false);
    // The last old pods end after the rollout is complete (fact 4).
    const wanted = action === 'kubernetes.scale' ? 5 : 3;
    const ready = async () =>
      ((await planOf('kubernetes.pods', { namespace: 'app', owner: { name: 'web' } }, context)).output as { ready: number }).ready;
    await waitUntil(async () => (await ready()) === wanted, { describe: `${wanted} pods are ready` });
  });
});
