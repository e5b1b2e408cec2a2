import { describe, expect, it } from 'vitest';
import { valueAt } from '../../../src/actions/kubernetes/field/path.ts';
import { workloadKinds, type WorkloadKind } from '../../../src/actions/kubernetes/workload.ts';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { clusterWith, deploymentPlace, history, workload } from '../../support/actions/objects.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { workloadOf } from '../../support/actions/practice-objects.ts';
import { actionNamed, applyOf, contextOf, planOf } from '../../support/actions/world.ts';

const template = (image: string, rest: object = {}): Json => ({
  metadata: { creationTimestamp: null, labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image, ...rest }] },
});

function world() {
  const cluster = clusterWith({ containers: [{ name: 'web', image: 'web:3', env: [{ name: 'DB_PASSWORD', value: 'hunter2' }] }] });
  history(cluster, [template('web:1'), template('web:2', { env: [{ name: 'A', value: 'private' }] })]);
  return { cluster, context: contextOf({ kubernetes: cluster }) };
}

describe('kubernetes.rollback of a Deployment', () => {
  it.each([
    [undefined, 'web-2', 'web:2'],
    [1, 'web-1', 'web:1'],
    ['web-1', 'web-1', 'web:1'],
  ] as const)('to revision %j goes to %s', async (revision, name, image) => {
    const { cluster, context } = world();
    const plan = await planOf('kubernetes.rollback', { ...workload, ...(revision === undefined ? {} : { revision }) }, context);
    expect(plan.changes).toEqual([
      { what: 'pod template', from: 'web-3', to: name },
      { what: 'container web image', from: 'web:3', to: image },
    ]);
    expect(plan.notes).toEqual([
      'the pod template also differs in spec.containers[web].env' +
        (revision === undefined ? '[DB_PASSWORD], spec.containers[web].env[A]' : ''),
    ]);
    expect(plan.inverse?.with).toEqual({ cluster: 'default', kind: 'Deployment', ...workload, revision: 'web-3' });
    expect(await applyOf('kubernetes.rollback', plan.intent, context)).toEqual({ revision: name, generation: 2 });
    const live = await cluster.get({ cluster: 'default', ...deploymentPlace });
    expect(live['spec']).toMatchObject({ template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ image }] } } });
    expect(JSON.stringify(live['spec'])).not.toContain('pod-template-hash');
  });

  it('keeps no value of a template in its plan', async () => {
    const { context } = world();
    const plan = await planOf('kubernetes.rollback', { ...workload }, context);
    expect(JSON.stringify(plan)).not.toMatch(/hunter2|private/);
  });

  it.each([
    [9, 'Deployment app/web has no revision 9; kept are 3 (web-3), 2 (web-2), 1 (web-1)'],
    ['web-9', 'Deployment app/web has no revision web-9; kept are 3 (web-3), 2 (web-2), 1 (web-1)'],
  ])('to %j, which is not kept, is refused', async (revision, message) => {
    await expect(planOf('kubernetes.rollback', { ...workload, revision }, world().context)).rejects.toMatchObject({
      code: 'target.missing',
      message,
    });
  });

  it('to the present revision is nothing to do, and without one before it is refused', async () => {
    expect((await planOf('kubernetes.rollback', { ...workload, revision: 3 }, world().context)).changes).toEqual([]);
    const cluster = clusterWith();
    history(cluster, []);
    await expect(planOf('kubernetes.rollback', { ...workload }, contextOf({ kubernetes: cluster }))).rejects.toMatchObject({
      code: 'target.missing',
      message: 'Deployment app/web has no revision before the present one (web-1)',
    });
  });

  it('is refused while the controller has not made the present revision yet, and while paused', async () => {
    const { cluster, context } = world();
    cluster.change(deploymentPlace, (object) => {
      (object as unknown as { spec: { template: { spec: object } } }).spec.template.spec = {
        containers: [{ name: 'web', image: 'web:4' }],
      };
    });
    await expect(planOf('kubernetes.rollback', { ...workload }, context)).rejects.toMatchObject({ code: 'target.ambiguous' });
    const paused = world();
    paused.cluster.change(deploymentPlace, (object) => void ((object as unknown as { spec: { paused: boolean } }).spec.paused = true));
    await expect(planOf('kubernetes.rollback', { ...workload }, paused.context)).rejects.toMatchObject({ code: 'target.ambiguous' });
  });

  it('stops where the revision has gone, is another one by now, or belongs to someone else', async () => {
    for (const meddle of [
      (cluster: ReturnType<typeof world>['cluster']) => void cluster.objects.delete('apps/v1/ReplicaSet/app/web-2'),
      (cluster: ReturnType<typeof world>['cluster']) =>
        cluster.change({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'app', name: 'web-2' }, (object) => {
          (object as unknown as { spec: { template: Json } }).spec.template = template('evil:1');
        }),
      (cluster: ReturnType<typeof world>['cluster']) =>
        cluster.change({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'app', name: 'web-2' }, (object) => {
          (object as unknown as { metadata: { ownerReferences: Json } }).metadata.ownerReferences = [];
        }),
    ]) {
      const { cluster, context } = world();
      const { intent } = await planOf('kubernetes.rollback', { ...workload }, context);
      meddle(cluster);
      const before = cluster.snapshot();
      await expect(applyOf('kubernetes.rollback', intent, context)).rejects.toMatchObject({
        code: expect.stringMatching(/^(target.changed|kubernetes.not-found)$/) as string,
      });
      expect(cluster.snapshot()).toBe(before);
    }
  });

  it('once done it needs the revision no more', async () => {
    const { cluster, context } = world();
    const { intent } = await planOf('kubernetes.rollback', { ...workload }, context);
    const output = await applyOf('kubernetes.rollback', intent, context);
    cluster.objects.delete('apps/v1/ReplicaSet/app/web-2');
    expect(await applyOf('kubernetes.rollback', intent, context)).toEqual(output);
  });
});

/** A workload whose history the sandbox's controllers number as recorded: revision 2 is good, 3 is worse. */
async function rolledOut(kind: WorkloadKind) {
  const practice = new PracticeCluster();
  practice.add({ ...workloadOf(), kind });
  const place = { ...workload, kind };
  practice.rest();
  const run = async (action: string, params: JsonObject) => {
    const { intent, inverse } = await planOf(`kubernetes.${action}`, { ...place, ...params }, practice.context);
    await applyOf(`kubernetes.${action}`, intent, practice.context);
    practice.rest(60_000);
    return inverse;
  };
  const imageIs = async () => {
    const live = await practice.context.kubernetes.get({ cluster: 'default', apiVersion: 'apps/v1', ...place }, practice.context.signal);
    return valueAt(live['spec'], ['template', 'spec', 'containers', '0', 'image']);
  };
  await run('setImage', { image: 'registry.example/good:1' });
  await run('setImage', { image: 'registry.example/worse:2' });
  return { practice, place, run, imageIs };
}

describe.each(workloadKinds)('kubernetes.rollback of a %s again', (kind) => {
  it('does not swing back to the revision it has left, unless that one is named', async () => {
    const { practice, place, run, imageIs } = await rolledOut(kind);
    await run('rollback', {});
    expect(await imageIs()).toBe('registry.example/good:1');
    await expect(planOf('kubernetes.rollback', place, practice.context)).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: expect.stringMatching(/is the one that a roll-back has left; name the revision to go to$/) as string,
    });
    await run('rollback', { revision: 1 });
    // Left was `good` this time, and it is the one before.
    await expect(planOf('kubernetes.rollback', place, practice.context)).rejects.toMatchObject({ code: 'target.ambiguous' });
    await run('rollback', { revision: 3 });
    expect(await imageIs()).toBe('registry.example/worse:2');
  });

  it('goes back by itself again from what was rolled out since', async () => {
    const { run, imageIs } = await rolledOut(kind);
    await run('rollback', {});
    await run('setImage', { image: 'registry.example/worst:3' });
    await run('rollback', {});
    expect(await imageIs()).toBe('registry.example/good:1');
  });

  it('is free again after an undo, which leaves no mark', async () => {
    const { practice, place, run, imageIs } = await rolledOut(kind);
    const inverse = await run('rollback', {});
    await run('rollback', inverse?.with as JsonObject);
    expect(await imageIs()).toBe('registry.example/worse:2');
    const live = await practice.context.kubernetes.get({ cluster: 'default', apiVersion: 'apps/v1', ...place }, practice.context.signal);
    expect(JSON.stringify(live.metadata)).not.toContain('rolled-back-from');
    await run('rollback', {});
    expect(await imageIs()).toBe('registry.example/good:1');
  });

  it('waits for the numbers of the last one', async () => {
    const { practice, place } = await rolledOut(kind);
    const { intent } = await planOf('kubernetes.rollback', place, practice.context);
    await applyOf('kubernetes.rollback', intent, practice.context);
    await expect(planOf('kubernetes.rollback', place, practice.context)).rejects.toMatchObject({ code: 'target.ambiguous' });
  });
});

describe('kubernetes.rollback of a StatefulSet', () => {
  const place = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'app', name: 'db' } as const;

  /** As recorded in 05b: `db-1` does not start with the present template. */
  function stuck() {
    const cluster = clusterWith();
    const set = cluster.put({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { namespace: 'app', name: 'db' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'db' } }, template: template('db:bad') },
      status: {
        observedGeneration: 1,
        replicas: 2,
        readyReplicas: 1,
        availableReplicas: 1,
        currentRevision: 'db-1h',
        updateRevision: 'db-2h',
      },
    });
    const owned = {
      labels: { app: 'db' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: set.metadata.uid, controller: true }],
    };
    for (const [revision, image] of [
      [1, 'db:1'],
      [2, 'db:bad'],
    ] as const)
      cluster.put({
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: { namespace: 'app', name: `db-${revision}h`, ...owned },
        data: { spec: { template: { ...(template(image) as object), $patch: 'replace' } } },
        revision,
      });
    const pod = (name: string, revision: string, status: Json) =>
      cluster.put({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'app', name, ...owned, labels: { ...owned.labels, 'controller-revision-hash': revision } },
        status,
      });
    pod('db-0', 'db-1h', { phase: 'Running', containerStatuses: [{ state: { running: {} } }] });
    pod('db-1', 'db-2h', { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] });
    return { cluster, context: contextOf({ kubernetes: cluster }) };
  }

  it('names the pod that the roll-back will not replace, and does not wait for it for ever', async () => {
    const { cluster, context } = stuck();
    const params = { namespace: 'app', kind: 'StatefulSet', name: 'db' };
    const { intent, changes, notes } = await planOf('kubernetes.rollback', params, context);
    expect(changes).toEqual([
      { what: 'pod template', from: 'db-2h', to: 'db-1h' },
      { what: 'container web image', from: 'db:bad', to: 'db:1' },
    ]);
    expect(notes).toEqual([
      'pod db-1 (ImagePullBackOff) does not start; a StatefulSet keeps such a pod after a roll-back until it is deleted',
    ]);
    const output = await applyOf('kubernetes.rollback', intent, context);
    const settled = async () => await actionNamed('kubernetes.rollback').settled?.(intent, { ...context, output });
    expect(await settled()).toMatchObject({ settled: false, reason: 'the controller has not seen the change yet' });
    const status = (value: object) =>
      cluster.change(
        place,
        (object) =>
          void ((object as unknown as { status: object }).status = { ...value, updateRevision: 'db-1h', currentRevision: 'db-1h' }),
      );
    status({ observedGeneration: 2, replicas: 2, readyReplicas: 1, availableReplicas: 1 });
    expect(await settled()).toEqual({
      settled: 'failed',
      reason: 'pod db-1 (ImagePullBackOff) does not start and a StatefulSet keeps it after a roll-back: it must be deleted',
    });
    cluster.objects.delete('v1/Pod/app/db-1');
    status({ observedGeneration: 2, replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2 });
    expect(await settled()).toEqual({ settled: true });
  });
});
