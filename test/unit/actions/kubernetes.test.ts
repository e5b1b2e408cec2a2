import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import type { Json } from '../../../src/value/json.ts';
import { clusterWith, configMapPlace, deploymentPlace, workload } from '../../support/actions/objects.ts';
import { applyOf, contextOf, isAccepted, planOf } from '../../support/actions/world.ts';

const stamp = 'kubectl.kubernetes.io/restartedAt';

async function scaled(replicas: Json, setting = {}) {
  const cluster = clusterWith(setting);
  const context = contextOf({ kubernetes: cluster });
  const plan = await planOf('kubernetes.scale', { ...workload, replicas }, context);
  return { cluster, context, plan };
}

describe('kubernetes.scale', () => {
  it.each([
    [5, 3, 5],
    [0, 3, 0],
    [{ exactly: 0 }, 3, 0],
    [{ exactly: 4 }, 0, 4],
    [{ atLeast: 6 }, 3, 6],
    [{ atLeast: 2 }, 3, 3],
    [{ atMost: 2 }, 3, 2],
    [{ atMost: 6 }, 3, 3],
    [{ atMost: 6 }, 0, 0],
  ] as const)('replicas %j from %i is %i', async (wanted, from, to) => {
    const { cluster, context, plan } = await scaled(wanted, { replicas: from });
    expect(plan.changes).toEqual(from === to ? [] : [{ what: 'spec.replicas', from, to }]);
    expect(await applyOf('kubernetes.scale', plan.intent, context)).toEqual({ replicas: to, generation: from === to ? 1 : 2 });
    expect((await cluster.getScale({ cluster: 'default', ...deploymentPlace }))['spec']).toEqual(to === 0 ? {} : { replicas: to });
  });

  it('says how to take it back', async () => {
    const { plan } = await scaled(5);
    expect(plan.inverse).toEqual({
      action: 'kubernetes.scale',
      with: { cluster: 'default', kind: 'Deployment', ...workload, replicas: { exactly: 3 } },
    });
    expect(isAccepted('kubernetes.scale', plan.inverse?.with)).toBe(true);
  });

  it('has no plan where nobody can say whether there is an autoscaler', async () => {
    const cluster = clusterWith();
    cluster.crash = { request: 2, when: 'before' };
    await expect(planOf('kubernetes.scale', { ...workload, replicas: 6 }, contextOf({ kubernetes: cluster }))).rejects.toThrow('killed');
  });

  it('scales a paused Deployment, for its count is not what is paused', async () => {
    const cluster = clusterWith();
    cluster.change(deploymentPlace, (object) => void ((object as unknown as { spec: { paused: boolean } }).spec.paused = true));
    const context = contextOf({ kubernetes: cluster });
    const { intent } = await planOf('kubernetes.scale', { ...workload, replicas: 4 }, context);
    expect(await applyOf('kubernetes.scale', intent, context)).toMatchObject({ replicas: 4 });
  });
});

describe('kubernetes.restart', () => {
  it('stamps the template, in whole seconds, whatever annotations it has', async () => {
    const settings: (Record<string, string> | undefined)[] = [undefined, {}, { other: 'x' }];
    for (const annotations of settings) {
      const cluster = clusterWith(annotations === undefined ? {} : { annotations });
      const context = contextOf({ kubernetes: cluster }, manualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678)));
      const { intent, changes, inverse } = await planOf('kubernetes.restart', workload, context);
      expect(changes).toEqual([{ what: 'pod template restartedAt', from: null, to: '2026-01-02T03:04:05Z' }]);
      expect(inverse).toBeUndefined();
      expect(await applyOf('kubernetes.restart', intent, context)).toEqual({ restartedAt: '2026-01-02T03:04:05Z', generation: 2 });
      const live = await cluster.get({ cluster: 'default', ...deploymentPlace });
      expect((live['spec'] as { template: { metadata: { annotations: unknown } } }).template.metadata.annotations).toEqual({
        ...annotations,
        [stamp]: '2026-01-02T03:04:05Z',
      });
    }
  });

  it('restarts again within the second of another restart', async () => {
    const cluster = clusterWith({ annotations: { [stamp]: '2026-01-02T03:04:05Z' } });
    const context = contextOf({ kubernetes: cluster }, manualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 900)));
    const { changes } = await planOf('kubernetes.restart', workload, context);
    expect(changes[0]?.to).toBe('2026-01-02T03:04:06Z');
  });

  it.each([
    ['a paused Deployment', { paused: true }],
    ['the update strategy OnDelete', { updateStrategy: { type: 'OnDelete' } }],
  ])('refuses %s, planned or met at apply', async (_name, spec) => {
    const cluster = clusterWith();
    const context = contextOf({ kubernetes: cluster });
    const { intent } = await planOf('kubernetes.restart', workload, context);
    cluster.change(deploymentPlace, (object) => void Object.assign((object as unknown as { spec: object }).spec, spec));
    const before = cluster.snapshot();
    await expect(planOf('kubernetes.restart', workload, context)).rejects.toMatchObject({ code: 'target.ambiguous' });
    await expect(applyOf('kubernetes.restart', intent, context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(cluster.snapshot()).toBe(before);
  });
});

describe('kubernetes.patch', () => {
  it('changes the keys that differ and no others', async () => {
    const cluster = clusterWith({ data: { a: '1', b: '2', c: '3' } });
    const context = contextOf({ kubernetes: cluster });
    const { intent, changes, inverse } = await planOf('kubernetes.patch', { ...workload, data: { a: '1', b: '9' } }, context);
    expect(changes).toEqual([{ what: 'data.b', from: '2', to: '9' }]);
    expect(inverse?.with).toMatchObject({ data: { b: '2' } });
    cluster.change(configMapPlace, (object) => void ((object as unknown as { data: Record<string, string> }).data['c'] = 'someone'));
    await applyOf('kubernetes.patch', intent, context);
    expect((await cluster.get({ cluster: 'default', ...configMapPlace }))['data']).toEqual({ a: '1', b: '9', c: 'someone' });
  });

  it('takes no key for given that is a word of the language', async () => {
    const { changes } = await planOf(
      'kubernetes.patch',
      { ...workload, data: { constructor: 'x' } },
      contextOf({ kubernetes: clusterWith({ data: {} }) }),
    );
    expect(changes).toEqual([{ what: 'data.constructor', from: null, to: 'x' }]);
  });

  it('takes back a key that it adds by taking it away', async () => {
    const cluster = clusterWith({ data: { a: '1' } });
    const context = contextOf({ kubernetes: cluster });
    const { intent, inverse } = await planOf('kubernetes.patch', { ...workload, data: { a: '2', neu: 'x' } }, context);
    expect(inverse?.with).toMatchObject({ data: { a: '1', neu: null } });
    await applyOf('kubernetes.patch', intent, context);
    const undo = await planOf('kubernetes.patch', inverse?.with ?? {}, context);
    expect(undo.changes).toEqual([
      { what: 'data.a', from: '2', to: '1' },
      { what: 'data.neu', from: 'x', to: null },
    ]);
    await applyOf('kubernetes.patch', undo.intent, context);
    expect((await cluster.get({ cluster: 'default', ...configMapPlace }))['data']).toEqual({ a: '1' });
  });

  it('refuses a key that looks like a credential, whose value the plan would show', async () => {
    const context = contextOf({ kubernetes: clusterWith({ data: { DB_PASSWORD: 'hunter2' } }) });
    const refused = planOf('kubernetes.patch', { ...workload, data: { DB_PASSWORD: 'x' } }, context);
    await expect(refused).rejects.toMatchObject({ code: 'params.invalid', message: expect.not.stringContaining('hunter2') as string });
  });

  it('refuses an immutable ConfigMap', async () => {
    const cluster = clusterWith({ data: { a: '1' } });
    cluster.change(configMapPlace, (object) => void ((object as { immutable?: boolean }).immutable = true));
    await expect(planOf('kubernetes.patch', { ...workload, data: { a: '2' } }, contextOf({ kubernetes: cluster }))).rejects.toMatchObject({
      code: 'kubernetes.invalid',
    });
  });
});

describe('kubernetes.pods', () => {
  const pod = (cluster: ReturnType<typeof clusterWith>, { name, app, isReady }: { name: string; app: string; isReady: boolean }) =>
    cluster.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'app', name, labels: { app } },
      spec: { nodeName: 'n1' },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
        containerStatuses: [{ restartCount: 2 }, {}],
      },
    });

  it('tells of the pods of an owner', async () => {
    const cluster = clusterWith();
    pod(cluster, { name: 'web-1', app: 'web', isReady: true });
    pod(cluster, { name: 'web-2', app: 'web', isReady: false });
    pod(cluster, { name: 'api-1', app: 'api', isReady: true });
    const { output, changes } = await planOf(
      'kubernetes.pods',
      { namespace: 'app', owner: { name: 'web' } },
      contextOf({ kubernetes: cluster }),
    );
    expect(changes).toEqual([]);
    expect(output).toMatchObject({
      total: 2,
      ready: 1,
      restarts: 4,
      pods: [
        { name: 'web-1', phase: 'Running', ready: true, restarts: 2, node: 'n1' },
        { name: 'web-2', ready: false },
      ],
    });
  });

  it('never widens what an owner selects', async () => {
    const cluster = clusterWith();
    const asked: unknown[] = [];
    cluster.list = (list) => Promise.resolve((asked.push(list.labelSelector), []));
    const select = (selector: Json) =>
      cluster.change(deploymentPlace, (object) => void ((object as unknown as { spec: { selector: Json } }).spec.selector = selector));
    const matchExpressions: Json = [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
      { key: 'x', operator: 'Exists' },
      { key: 'y', operator: 'NotIn', values: ['c'] },
    ];
    select({ matchLabels: { app: 'web' }, matchExpressions });
    await planOf('kubernetes.pods', { namespace: 'app', owner: { name: 'web' } }, contextOf({ kubernetes: cluster }));
    expect(asked).toEqual(['app=web,tier in (a,b),!old,x,y notin (c)']);
    select({});
    await expect(
      planOf('kubernetes.pods', { namespace: 'app', owner: { name: 'web' } }, contextOf({ kubernetes: cluster })),
    ).rejects.toMatchObject({ code: 'target.ambiguous' });
  });
});
