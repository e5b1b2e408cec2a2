import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/value/json.ts';
import { autoscaler, clusterWith, deploymentPlace, workload } from '../../support/actions/objects.ts';
import { actionNamed, applyOf, contextOf, planOf } from '../../support/actions/world.ts';

const place = { cluster: 'default', apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: 'app', name: 'web-hpa' };
const what = 'HorizontalPodAutoscaler web-hpa spec.minReplicas';

async function owned({ replicas = 3, min = 2, max = 6 }, wanted: Json) {
  const cluster = clusterWith({ replicas });
  autoscaler(cluster, { min, max });
  const context = contextOf({ kubernetes: cluster });
  return { cluster, context, plan: await planOf('kubernetes.scale', { ...workload, replicas: wanted }, context) };
}

describe('kubernetes.scale where an autoscaler owns the count', () => {
  it.each<[{ replicas: number; min: number }, Json, number, number]>([
    [{ replicas: 3, min: 2 }, 5, 2, 5],
    [{ replicas: 3, min: 2 }, { atLeast: 6 }, 2, 6],
    [{ replicas: 5, min: 5 }, 3, 5, 3],
    [{ replicas: 5, min: 5 }, { atMost: 2 }, 5, 2],
    [{ replicas: 3, min: 2 }, { floor: 4 }, 2, 4],
    [{ replicas: 3, min: 2 }, { floor: 3 }, 2, 3],
  ])('%j, wanted %j: its lower bound goes from %i to %i and the count is left to it', async (setting, wanted, ...[from, to]) => {
    const { cluster, context, plan } = await owned(setting, wanted);
    expect(plan.changes).toEqual([{ what, from, to }]);
    expect(plan.notes?.[0]).toBe(
      `HorizontalPodAutoscaler web-hpa owns the count: it keeps at least ${to} and at most 6 replicas, by its own measure`,
    );
    expect(await applyOf('kubernetes.scale', plan.intent, context)).toEqual({ replicas: to, generation: 1, autoscaler: 'web-hpa' });
    expect((await cluster.get(place))['spec']).toMatchObject({ minReplicas: to, maxReplicas: 6 });
    expect((await cluster.get({ cluster: 'default', ...deploymentPlace }))['spec']).toMatchObject({ replicas: setting.replicas });
    expect(plan.inverse).toEqual({
      action: 'kubernetes.scale',
      with: { cluster: 'default', kind: 'Deployment', ...workload, autoscaler: 'web-hpa', replicas: { floor: from } },
    });
    const undo = await planOf('kubernetes.scale', plan.inverse?.with ?? null, context);
    expect(undo.changes).toEqual([{ what, from: to, to: from }]);
    await applyOf('kubernetes.scale', undo.intent, context);
    expect((await cluster.get(place))['spec']).toMatchObject({ minReplicas: from });
  });

  it.each<Json>([{ atLeast: 3 }, { atMost: 3 }, 3, { floor: 2 }])('wanted %j of what is so already changes nothing', async (wanted) => {
    expect((await owned({}, wanted)).plan.changes).toEqual([]);
  });

  it.each([
    [7, 'more than its maxReplicas'],
    [{ floor: 7 }, 'more than its maxReplicas'],
    [0, 'would be undone'],
    [{ atMost: 2 }, 'has chosen 3'],
  ] as const)('wanted %j is refused: %s', async (wanted, why) => {
    await expect(owned({}, wanted as Json)).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: expect.stringContaining(why) as string,
    });
  });

  it('must be the one that is named, which alone it needs the right to change', async () => {
    const cluster = clusterWith();
    const plan = async (name: string) =>
      await planOf('kubernetes.scale', { ...workload, replicas: 4, autoscaler: name }, contextOf({ kubernetes: cluster }));
    await expect(plan('web-hpa')).rejects.toMatchObject({
      message: 'no HorizontalPodAutoscaler owns the count of Deployment app/web, not web-hpa',
    });
    autoscaler(cluster, { min: 2, max: 6 });
    expect((await plan('web-hpa')).changes).toHaveLength(1);
    await expect(plan('other')).rejects.toMatchObject({ code: 'target.ambiguous' });
    const { permissions, params } = actionNamed('kubernetes.scale');
    const rights = permissions(params.parse({ ...workload, replicas: 4, autoscaler: 'web-hpa' })).filter(
      ({ apiGroup }) => apiGroup === 'autoscaling',
    );
    expect(rights.map(({ verbs, name }) => [verbs, name])).toEqual([
      [['list'], undefined],
      [['get', 'patch'], 'web-hpa'],
    ]);
  });

  it('never scales to none below it, for that switches it off', async () => {
    await expect(owned({ replicas: 3, min: 3 }, 0)).rejects.toMatchObject({ code: 'target.ambiguous' });
  });

  it('switches it off where it is named', async () => {
    const cluster = clusterWith();
    autoscaler(cluster, { min: 2, max: 6 });
    const plan = await planOf('kubernetes.scale', { ...workload, replicas: 0, autoscaler: 'web-hpa' }, contextOf({ kubernetes: cluster }));
    expect(plan).toMatchObject({
      changes: [{ what: 'spec.replicas', to: 0 }],
      notes: ['HorizontalPodAutoscaler web-hpa is switched off while the count is 0'],
    });
  });

  it.each([
    ['another name', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' }],
    ['another kind', { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web' }],
    ['another API', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Deployment', name: 'web' }],
  ])('is not stopped by the autoscaler of %s', async (_name, scaleTargetRef) => {
    const cluster = clusterWith();
    const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 2 };
    cluster.put({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { namespace: 'app', name: 'other' }, spec });
    const { changes, notes } = await planOf('kubernetes.scale', { ...workload, replicas: 9 }, contextOf({ kubernetes: cluster }));
    expect([changes, notes]).toEqual([[{ what: 'spec.replicas', from: 3, to: 9 }], undefined]);
  });

  it.each<Json>([{ floor: 4 }, { atLeast: 4 }])('%j does not overrule who has scaled to 0', async (wanted) => {
    const reason = {
      code: 'target.ambiguous',
      message: 'Deployment app/web is scaled to 0, and whoever did that is not overruled by a lower bound; `exactly` would start it',
    };
    await expect(owned({ replicas: 0 }, wanted)).rejects.toMatchObject(reason);
    const alone = contextOf({ kubernetes: clusterWith({ replicas: 0 }) });
    await expect(planOf('kubernetes.scale', { ...workload, replicas: wanted }, alone)).rejects.toMatchObject(reason);
  });

  it.each<Json>([4, { exactly: 4 }])('%j starts what is at 0', async (wanted) => {
    expect((await owned({ replicas: 0 }, wanted)).plan.changes).toEqual([{ what: 'spec.replicas', from: 0, to: 4 }]);
  });

  it('leaves the lower bound where someone has scaled to 0 since the plan', async () => {
    const { cluster, context, plan } = await owned({}, { floor: 4 });
    cluster.change(deploymentPlace, (object) => void ((object as unknown as { spec: { replicas: number } }).spec.replicas = 0));
    await expect(applyOf('kubernetes.scale', plan.intent, context)).rejects.toMatchObject({ code: 'target.changed' });
    expect((await cluster.get(place))['spec']).toMatchObject({ minReplicas: 2 });
  });

  it('a floor needs an autoscaler', async () => {
    await expect(
      planOf('kubernetes.scale', { ...workload, replicas: { floor: 2 } }, contextOf({ kubernetes: clusterWith() })),
    ).rejects.toMatchObject({ code: 'target.ambiguous' });
  });

  it('where it is switched off at none, the count itself is set, within its bounds', async () => {
    const { plan } = await owned({ replicas: 0 }, 4);
    expect(plan.changes).toEqual([{ what: 'spec.replicas', from: 0, to: 4 }]);
    await expect(owned({ replicas: 0 }, 1)).rejects.toMatchObject({ code: 'target.ambiguous' });
  });

  it('is settled only when the autoscaler has raised the count', async () => {
    const { cluster, context, plan } = await owned({}, 5);
    const output = await applyOf('kubernetes.scale', plan.intent, context);
    const settled = async () => await actionNamed('kubernetes.scale').settled?.(plan.intent, { ...context, output });
    expect(await settled()).toEqual({ settled: false, reason: 'the autoscaler has not raised the 3 replicas yet' });
    cluster.change(deploymentPlace, (object) => {
      (object as unknown as { spec: { replicas: number } }).spec.replicas = 5;
      (object as unknown as { status: object }).status = { observedGeneration: 2, replicas: 5, updatedReplicas: 5, availableReplicas: 5 };
    });
    expect(await settled()).toEqual({ settled: true });
  });

  it('stops where someone else has moved the bound, or made the autoscaler anew', async () => {
    const { cluster, context, plan } = await owned({}, 5);
    cluster.change(place, (object) => void ((object as unknown as { spec: { minReplicas: number } }).spec.minReplicas = 4));
    const before = cluster.snapshot();
    await expect(applyOf('kubernetes.scale', plan.intent, context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(cluster.snapshot()).toBe(before);
    const other = await owned({}, 5);
    autoscaler(other.cluster, { min: 2, max: 6 });
    await expect(applyOf('kubernetes.scale', other.plan.intent, other.context)).rejects.toMatchObject({ code: 'target.changed' });
  });
});

describe('quotas', () => {
  const quota = (cluster: ReturnType<typeof clusterWith>, status: Json, spec: Json = {}) =>
    cluster.put({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace: 'app', name: 'team' }, spec, status });

  it('that leave too little room are named in the plan', async () => {
    const cluster = clusterWith();
    quota(cluster, { hard: { pods: '5', services: '1' }, used: { pods: '3', services: '1' } });
    const context = contextOf({ kubernetes: cluster });
    const notes = async (replicas: number) => (await planOf('kubernetes.scale', { ...workload, replicas }, context)).notes;
    expect(await notes(6)).toEqual(['ResourceQuota team leaves room for 2 more pods by pods, not for 3']);
    expect(await notes(5)).toBeUndefined();
    expect(await notes(1)).toBeUndefined();
  });

  it('count what the containers ask for', async () => {
    const cluster = clusterWith({
      containers: [{ name: 'web', image: 'x', resources: { requests: { cpu: '500m' }, limits: { memory: '1Gi' } } }],
    });
    quota(cluster, { hard: { 'cpu': '2', 'limits.memory': '10Gi' }, used: { cpu: '1500m' } });
    const { notes } = await planOf('kubernetes.scale', { ...workload, replicas: 5 }, contextOf({ kubernetes: cluster }));
    expect(notes).toEqual(['ResourceQuota team leaves room for 1 more pods by cpu, not for 2']);
  });

  it('with scopes are left out, and one that cannot be read is said and stops nothing', async () => {
    const cluster = clusterWith();
    quota(cluster, { hard: { pods: '3' }, used: { pods: '3' } }, { scopes: ['BestEffort'] });
    const context = contextOf({ kubernetes: cluster });
    expect((await planOf('kubernetes.scale', { ...workload, replicas: 6 }, context)).notes).toBeUndefined();
    cluster.refuse = { pattern: /^LIST ResourceQuota$/, code: 'kubernetes.forbidden' };
    const { notes, changes } = await planOf('kubernetes.scale', { ...workload, replicas: 6 }, context);
    expect(notes).toEqual(['whether a ResourceQuota leaves room could not be read (kubernetes.forbidden)']);
    expect(changes).toHaveLength(1);
  });
});
