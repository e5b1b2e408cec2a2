import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { clusterWith, configMapPlace, deploymentPlace, workload } from '../../support/actions/objects.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { actionNamed, applyOf, contextOf, isAccepted, planOf } from '../../support/actions/world.ts';

const owner = (kind: string, name: string, uid: string): Json => [{ apiVersion: 'apps/v1', kind, name, uid, controller: true }];

/** A pod of the Deployment `app/web`, one of nobody, one of a Job. */
function withPods() {
  const cluster = clusterWith();
  const uid = cluster.objects.get('apps/v1/Deployment/app/web')?.metadata.uid ?? '';
  const set = cluster.put({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { namespace: 'app', name: 'web-abc', ownerReferences: owner('Deployment', 'web', uid) },
    spec: {},
  });
  const pod = (name: string, ownerReferences: Json) =>
    cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'app', name, ownerReferences }, spec: {} });
  pod('web-abc-1', owner('ReplicaSet', 'web-abc', set.metadata.uid));
  pod('stale', owner('ReplicaSet', 'web-abc', 'another-uid'));
  pod('alone', []);
  pod('job-1', [{ apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: 'x', controller: true }]);
  return contextOf({ kubernetes: cluster });
}

describe.each<[string, JsonObject]>([
  ['kubernetes.scale', { replicas: 5 }],
  ['kubernetes.restart', {}],
  ['kubernetes.setImage', { image: 'x' }],
])('%s by a pod', (action, params) => {
  it('acts on the workload that controls it, and names that as its target', async () => {
    const plan = await planOf(action, { namespace: 'app', ownerOf: 'web-abc-1', ...params }, withPods());
    expect(plan.target).toBe('kubernetes/default/app/deployment.apps/web');
    expect(plan.intent).toMatchObject({ workload: { kind: 'Deployment', name: 'web' } });
    expect(plan.changes).toHaveLength(1);
  });

  it.each([
    ['alone', 'pod app/alone is controlled by nobody'],
    ['job-1', 'pod app/job-1 is controlled by Job job'],
    ['stale', 'pod app/stale is controlled by nobody'],
  ])('refuses the pod %s', async (ownerOf, message) => {
    await expect(planOf(action, { namespace: 'app', ownerOf, ...params }, withPods())).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: expect.stringContaining(message) as string,
    });
  });

  it('refuses another kind than the one that is named', async () => {
    await expect(
      planOf(action, { namespace: 'app', ownerOf: 'web-abc-1', kind: 'StatefulSet', ...params }, withPods()),
    ).rejects.toMatchObject({ code: 'target.ambiguous' });
  });

  it('fails where the pod is gone, and takes exactly one of name and ownerOf', async () => {
    await expect(planOf(action, { namespace: 'app', ownerOf: 'gone', ...params }, withPods())).rejects.toMatchObject({
      code: 'kubernetes.not-found',
    });
    expect(isAccepted(action, { namespace: 'app', ...params })).toBe(false);
    expect(isAccepted(action, { namespace: 'app', name: 'web', ownerOf: 'web-abc-1', ...params })).toBe(false);
    expect(isAccepted(action, { namespace: 'app', ownerOf: '../x', ...params })).toBe(false);
  });

  it('knows no target before it has read, and needs rights to find it', () => {
    const { target, permissions, params: schema } = actionNamed(action);
    const parsed = schema.parse({ namespace: 'app', ownerOf: 'web-abc-1', ...params });
    expect(target(parsed)).toBeUndefined();
    const rights = permissions(parsed).map(({ resource, verbs, name }) => `${resource} ${verbs.join(' ')} ${name ?? '*'}`);
    expect(rights).toEqual(expect.arrayContaining(['pods get web-abc-1', 'replicasets get *']));
  });
});

describe('a workload behind a Service', () => {
  /** Two colours of a web side by side, and a Service that leads to the blue one. */
  function withColours() {
    const practice = new PracticeCluster();
    for (const version of ['blue', 'green']) {
      const labels = { app: 'web', version };
      const container = { name: 'web', image: 'registry.example/web:1' };
      practice.add({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { namespace: 'app', name: `web-${version}`, labels },
        spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
      });
    }
    practice.add({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'app', name: 'web' },
      spec: { selector: { app: 'web', version: 'blue' }, ports: [{ port: 80 }] },
    });
    return practice;
  }

  function select(practice: PracticeCluster, selector: object): void {
    const service = practice.cluster.get('Service', 'app', 'web');
    if (service !== undefined) practice.cluster.update(service, (live) => ({ ...live, spec: { ...(live['spec'] as object), selector } }));
    practice.rest();
  }

  const restarted = async (practice: PracticeCluster) =>
    (await planOf('kubernetes.restart', { namespace: 'app', behind: 'web' }, practice.context)).target;

  it('is the colour that it selects now', async () => {
    const practice = withColours();
    expect(await restarted(practice)).toBe('kubernetes/default/app/deployment.apps/web-blue');
    select(practice, { app: 'web', version: 'green' });
    expect(await restarted(practice)).toBe('kubernetes/default/app/deployment.apps/web-green');
  });

  it('is the same while it is rolled out, and when none of its pods is ready', async () => {
    const practice = withColours();
    const { intent } = await planOf('kubernetes.restart', { namespace: 'app', behind: 'web' }, practice.context);
    await applyOf('kubernetes.restart', intent, practice.context);
    practice.rest(100);
    for (const pod of practice.pods('app')) practice.cluster.setPodReady('app', pod.metadata.name, false);
    expect(await restarted(practice)).toBe('kubernetes/default/app/deployment.apps/web-blue');
  });

  it('is refused where it is several or none', async () => {
    const practice = withColours();
    select(practice, { app: 'web' });
    await expect(restarted(practice)).rejects.toMatchObject({
      code: 'target.ambiguous',
      message:
        'the pods behind Service app/web are controlled by Deployment web-blue, Deployment web-green; it would have to be one Deployment or StatefulSet or DaemonSet',
    });
    select(practice, { app: 'nothing' });
    await expect(restarted(practice)).rejects.toMatchObject({ code: 'target.missing' });
    expect(isAccepted('kubernetes.restart', { namespace: 'app', behind: 'web', name: 'web' })).toBe(false);
  });

  it('needs the rights to find it, and no more', async () => {
    const { permissions, params } = actionNamed('kubernetes.restart');
    const rights = permissions(params.parse({ namespace: 'app', behind: 'web' })).map(
      ({ resource, verbs, name }) => `${resource} ${verbs.join(' ')} ${name ?? '*'}`,
    );
    expect(rights).toEqual(expect.arrayContaining(['services get web', 'pods list *', 'replicasets get *']));
  });

  it('is one of those that are named, and rights are on these alone', async () => {
    const practice = withColours();
    const params = { namespace: 'app', kind: 'Deployment', behind: 'web', among: ['web-blue', 'web'] };
    expect((await planOf('kubernetes.restart', params, practice.context)).target).toBe('kubernetes/default/app/deployment.apps/web-blue');
    select(practice, { app: 'web', version: 'green' });
    await expect(planOf('kubernetes.restart', params, practice.context)).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: 'Deployment web-green, behind Service app/web, is none of web-blue, web',
    });
    const { permissions, params: schema } = actionNamed('kubernetes.restart');
    const patches = permissions(schema.parse(params)).filter(({ verbs }) => verbs.includes('patch'));
    expect(patches.map(({ resource, name }) => `${resource}/${name}`)).toEqual(['deployments/web-blue', 'deployments/web']);
    expect(isAccepted('kubernetes.restart', { namespace: 'app', name: 'web', among: ['web'] })).toBe(false);
  });

  it('has an age: since its template was first rolled out', async () => {
    const practice = withColours();
    practice.rest(3_600_000);
    const age = async () =>
      (await planOf('kubernetes.rolloutStatus', { namespace: 'app', behind: 'web', age: true }, practice.context)).output as {
        ageSeconds: number;
      };
    expect((await age()).ageSeconds).toBeGreaterThan(3600);
    const { intent } = await planOf(
      'kubernetes.setImage',
      { namespace: 'app', behind: 'web', image: 'registry.example/web:2' },
      practice.context,
    );
    await applyOf('kubernetes.setImage', intent, practice.context);
    practice.rest(60_000);
    expect((await age()).ageSeconds).toBeLessThan(90);
    const back = await planOf('kubernetes.rollback', { namespace: 'app', behind: 'web' }, practice.context);
    await applyOf('kubernetes.rollback', back.intent, practice.context);
    practice.rest(60_000);
    expect((await age()).ageSeconds).toBeGreaterThan(3600);
  });
});

describe('who else owns what is changed is said in the plan', () => {
  const managed = (fieldsV1: Json, operation = 'Apply', manager = 'gitops'): Json => [
    { manager, operation, apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1 },
  ];
  const replicas = { 'f:spec': { 'f:replicas': {} } };
  const image = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } } } } } };

  interface Call {
    readonly action: string;
    readonly params: JsonObject;
    readonly place?: typeof deploymentPlace | typeof configMapPlace;
  }

  async function notesFor(metadata: JsonObject, { action, params, place = deploymentPlace }: Call) {
    const cluster = clusterWith({ data: { a: '1' } });
    cluster.change(place, (object) => void Object.assign((object as unknown as { metadata: object }).metadata, metadata));
    return (await planOf(action, { ...workload, ...params }, contextOf({ kubernetes: cluster }))).notes;
  }

  it.each<[string, JsonObject, readonly string[] | undefined]>([
    [
      'Argo CD',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'app:x' } },
      ['Argo CD owns it (argocd.argoproj.io/tracking-id: "app:x") and may set it back'],
    ],
    [
      'Flux',
      { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } },
      ['Flux owns it (kustomize.toolkit.fluxcd.io/name: "apps") and may set it back'],
    ],
    ['a manager that applies the field', { managedFields: managed(replicas) }, ['the field manager "gitops" owns it and may set it back']],
    ['a manager that applies another field', { managedFields: managed(image) }, undefined],
    ['an edit by hand', { managedFields: managed(replicas, 'Update', 'kubectl-edit') }, undefined],
    [
      'a controller that writes the field',
      { managedFields: managed(replicas, 'Update', 'keda-operator') },
      ['the field manager "keda-operator" owns it and may set it back'],
    ],
    ['ourselves', { managedFields: managed(replicas, 'Update', 'fixpoint') }, undefined],
  ])('%s', async (_name, metadata, notes) => {
    expect(await notesFor(metadata, { action: 'kubernetes.scale', params: { replicas: 5 } })).toEqual(notes);
  });

  it('by the very container and key', async () => {
    expect(await notesFor({ managedFields: managed(image) }, { action: 'kubernetes.setImage', params: { image: 'x' } })).toEqual([
      'the field manager "gitops" owns it and may set it back',
    ]);
    expect(
      await notesFor(
        { managedFields: managed({ 'f:data': { 'f:a': {} } }) },
        { action: 'kubernetes.patch', params: { data: { a: '2' } }, place: configMapPlace },
      ),
    ).toHaveLength(1);
    expect(
      await notesFor(
        { managedFields: managed({ 'f:data': { 'f:b': {} } }) },
        { action: 'kubernetes.patch', params: { data: { a: '2' } }, place: configMapPlace },
      ),
    ).toBeUndefined();
  });
});
