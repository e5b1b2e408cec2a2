import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import type { Json } from '../../../src/value/json.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { budgetOf, loosePod, workloadOf } from '../../support/actions/practice-objects.ts';
import { actionNamed, applyOf, isAccepted, planOf } from '../../support/actions/world.ts';

const settledOf = (name: string, intent: Json, practice: PracticeCluster) =>
  actionNamed(name).settled?.(intent, { ...practice.context, output: null });

function withWeb(options = {}, wish = {}): PracticeCluster {
  const practice = new PracticeCluster(options);
  practice.add(workloadOf(wish));
  return practice;
}

const firstPod = (practice: PracticeCluster) => practice.pods('app')[0]?.metadata.name ?? '';

describe.each(['kubernetes.evict', 'kubernetes.deletePod'])('%s', (name) => {
  it('ends the pod of the planned uid, under the name of the workload that owns it', async () => {
    const practice = withWeb();
    const pod = firstPod(practice);
    const { intent, changes, target } = await planOf(name, { namespace: 'app', pod }, practice.context);
    expect(target).toBe('kubernetes/default/app/deployment.apps/web');
    expect(changes).toEqual([{ what: `pod ${pod}`, from: 'Running', to: name === 'kubernetes.evict' ? 'evicted' : 'deleted' }]);
    const output = await applyOf(name, intent, practice.context);
    expect(output).toEqual(name === 'kubernetes.evict' ? { evicted: true } : { deleted: true });
    expect(await settledOf(name, intent, practice)).toEqual({ settled: false, reason: `pod app/${pod} is still terminating` });
    practice.rest();
    expect(await settledOf(name, intent, practice)).toEqual({ settled: true });
    expect(practice.pods('app')).toHaveLength(2);
    expect(practice.cluster.list('Event').some(({ reason }) => reason === (name === 'kubernetes.evict' ? 'Evicted' : 'Deleted'))).toBe(
      true,
    );
  });

  it('names the StatefulSet that owns a pod', async () => {
    const practice = withWeb({}, { kind: 'StatefulSet', name: 'db' });
    const { target } = await planOf(name, { namespace: 'app', pod: 'db-0' }, practice.context);
    expect(target).toBe('kubernetes/default/app/statefulset.apps/db');
  });

  it('leaves another pod of the same name alone', async () => {
    const practice = withWeb({}, { kind: 'StatefulSet', name: 'db' });
    const { intent } = await planOf(name, { namespace: 'app', pod: 'db-0' }, practice.context);
    const old = practice.cluster.get('Pod', 'app', 'db-0');
    if (old !== undefined) practice.cluster.delete(old);
    practice.rest();
    const fresh = practice.cluster.get('Pod', 'app', 'db-0')?.metadata.uid;
    expect(fresh).not.toBe(old?.metadata.uid);
    const output = await applyOf(name, intent, practice.context);
    expect(Object.values(output as object)).toEqual([false]);
    practice.rest();
    expect(practice.cluster.get('Pod', 'app', 'db-0')?.metadata.uid).toBe(fresh);
  });

  it('refuses a pod that nothing would make anew', async () => {
    const practice = new PracticeCluster();
    practice.add(loosePod('alone'));
    await expect(planOf(name, { namespace: 'app', pod: 'alone' }, practice.context)).rejects.toMatchObject({ code: 'target.ambiguous' });
  });

  it.each(['../x', 'a/b', 'A', '', 'x'.repeat(300)])('does not take the name %j', (pod) => {
    expect(isAccepted(name, { namespace: 'app', pod })).toBe(false);
  });
});

describe('a disruption budget', () => {
  it('holds an eviction back, and says why', async () => {
    const practice = withWeb();
    practice.add(budgetOf('web', 2));
    const { intent, notes } = await planOf('kubernetes.evict', { namespace: 'app', pod: firstPod(practice) }, practice.context);
    expect(notes).toEqual(["disruption budget web allows no eviction now; it is tried until the step's time is over"]);
    const error = await applyOf('kubernetes.evict', intent, practice.context).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'kubernetes.budget-spent', retryable: true });
    expect((error as Error).message).toContain('The disruption budget web needs 2 healthy pods and has 2 currently');
    expect(practice.cluster.list('Pod', 'app').every(({ metadata }) => metadata.deletionTimestamp === undefined)).toBe(true);
  });

  it('lets it through while there is room', async () => {
    const practice = withWeb();
    practice.add(budgetOf('web', 1));
    const { intent, notes } = await planOf('kubernetes.evict', { namespace: 'app', pod: firstPod(practice) }, practice.context);
    expect(notes).toEqual(['disruption budget web allows 1 eviction now']);
    expect(await applyOf('kubernetes.evict', intent, practice.context)).toEqual({ evicted: true });
  });

  it('refuses at plan time where two of them make every eviction fail', async () => {
    const practice = withWeb();
    practice.add(budgetOf('web', 1), budgetOf('more', 1));
    const plan = planOf('kubernetes.evict', { namespace: 'app', pod: firstPod(practice) }, practice.context);
    await expect(plan).rejects.toMatchObject({ code: 'target.ambiguous', message: expect.stringContaining('more, web') as string });
  });

  it('does not hold back a deletion', async () => {
    const practice = withWeb();
    practice.add(budgetOf('web', 2));
    const { intent } = await planOf('kubernetes.deletePod', { namespace: 'app', pod: firstPod(practice) }, practice.context);
    expect(await applyOf('kubernetes.deletePod', intent, practice.context)).toEqual({ deleted: true });
  });
});

describe('cordon and uncordon', () => {
  const node = 'sandbox-node-1';
  const isCordoned = (practice: PracticeCluster) =>
    (practice.cluster.get('Node', '', node) as { spec?: { unschedulable?: boolean } } | undefined)?.spec?.unschedulable ?? false;

  it('take each other back', async () => {
    const practice = new PracticeCluster();
    const plan = await planOf('kubernetes.cordon', { node }, practice.context);
    expect(plan.changes).toEqual([{ what: 'spec.unschedulable', from: false, to: true }]);
    await applyOf('kubernetes.cordon', plan.intent, practice.context);
    expect(isCordoned(practice)).toBe(true);
    const back = await planOf(plan.inverse?.action ?? '', plan.inverse?.with ?? null, practice.context);
    expect(back.changes).toEqual([{ what: 'spec.unschedulable', from: true, to: false }]);
    await applyOf('kubernetes.uncordon', back.intent, practice.context);
    expect(isCordoned(practice)).toBe(false);
  });

  it('plan nothing where it is so already', async () => {
    const practice = new PracticeCluster();
    expect((await planOf('kubernetes.uncordon', { node }, practice.context)).changes).toEqual([]);
  });

  it('refuse a node that was made anew under its name', async () => {
    const practice = new PracticeCluster();
    const { intent } = await planOf('kubernetes.cordon', { node }, practice.context);
    const old = practice.cluster.get('Node', '', node);
    if (old !== undefined) practice.cluster.delete(old);
    practice.add({ apiVersion: 'v1', kind: 'Node', metadata: { name: node }, spec: {} });
    await expect(applyOf('kubernetes.cordon', intent, practice.context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(isCordoned(practice)).toBe(false);
  });

  it('say of a node that is not there that it is not there', async () => {
    await expect(planOf('kubernetes.cordon', { node: 'nope' }, new PracticeCluster().context)).rejects.toMatchObject({
      code: 'kubernetes.not-found',
    });
  });
});

describe('drain', () => {
  const options = { nodes: ['n1', 'n2'] };
  const on = (practice: PracticeCluster, node: string) =>
    practice.pods().filter((pod) => (pod['spec'] as { nodeName?: string } | undefined)?.nodeName === node);

  it('cordons, evicts in batches, and leaves DaemonSet, mirror and finished pods', async () => {
    const practice = withWeb({ nodes: ['n1'] }, { replicas: 5 });
    practice.add(loosePod('agent-x', { owner: 'DaemonSet' }), loosePod('static', { annotations: { 'kubernetes.io/config.mirror': 'x' } }));
    practice.cluster.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' }, spec: {} });
    const { intent, changes, inverse } = await planOf('kubernetes.drain', { node: 'n1', batch: 2 }, practice.context);
    expect(changes).toHaveLength(6);
    expect(changes[0]).toEqual({ what: 'spec.unschedulable', from: false, to: true });
    expect(inverse).toEqual({ action: 'kubernetes.uncordon', with: { cluster: 'default', node: 'n1' } });
    let most = 0;
    practice.beforeChange = (request) => {
      if (!request.endsWith('/eviction')) return;
      most = Math.max(most, practice.pods().filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length);
    };
    expect(await applyOf('kubernetes.drain', intent, practice.context)).toEqual({ evicted: 5, gone: 5 });
    expect(most).toBe(1);
    expect(on(practice, 'n1').map(({ metadata }) => metadata.name)).toEqual(['agent-x', 'static']);
    expect(await settledOf('kubernetes.drain', intent, practice)).toEqual({ settled: true });
    practice.rest();
    expect(on(practice, 'n2')).toHaveLength(5);
  });

  it('names whom it affects: each pod, and the workloads that own them', async () => {
    const practice = withWeb({ nodes: ['n1'] });
    practice.add(workloadOf({ kind: 'StatefulSet', name: 'db', namespace: 'bank', replicas: 1 }));
    const pods = practice.pods('app').map(({ metadata }) => `kubernetes/default/app/pod/${metadata.name}`);
    const { affects, target } = await planOf('kubernetes.drain', { node: 'n1' }, practice.context);
    expect(affects?.toSorted()).toEqual(
      [
        ...pods,
        'kubernetes/default/app/deployment.apps/web',
        'kubernetes/default/bank/pod/db-0',
        'kubernetes/default/bank/statefulset.apps/db',
      ].toSorted(),
    );
    expect([target, pods.length]).toEqual([undefined, 2]);
  });

  it('refuses a node with a pod that says it is protected', async () => {
    const practice = withWeb({ nodes: ['n1'] });
    practice.add(loosePod('kept', { owner: 'ReplicaSet', annotations: { 'fixpoint.dev/protected': 'true' } }));
    await expect(planOf('kubernetes.drain', { node: 'n1' }, practice.context)).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: expect.stringContaining('app/kept is annotated fixpoint.dev/protected') as string,
    });
  });

  it('waits for a budget, batch by batch', async () => {
    const practice = withWeb(options, { replicas: 4 });
    practice.add(budgetOf('web', 3));
    const { intent, notes } = await planOf('kubernetes.drain', { node: 'n1', patience: '5m' }, practice.context);
    expect(notes).toEqual(['disruption budget web allows 1 eviction now']);
    let least = 4;
    practice.beforeChange = () => {
      const ready = practice
        .pods()
        .filter(
          ({ metadata, status }) => metadata.deletionTimestamp === undefined && JSON.stringify(status).includes('"Ready","status":"True"'),
        );
      least = Math.min(least, ready.length);
    };
    await applyOf('kubernetes.drain', intent, practice.context);
    expect(least).toBeGreaterThanOrEqual(3);
    expect(on(practice, 'n1')).toHaveLength(0);
  });

  it('says how far it came when its patience is over', async () => {
    const practice = withWeb(options, { replicas: 4 });
    practice.add(workloadOf({ name: 'api', replicas: 2 }), budgetOf('web', 4));
    const { intent } = await planOf('kubernetes.drain', { node: 'n1', batch: 1, patience: '10s' }, practice.context);
    const error = await applyOf('kubernetes.drain', intent, practice.context).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'kubernetes.budget-spent' });
    expect((error as Error).message).toMatch(/; 1 evicted, 1 of 3 pods off node n1$/);
  });

  it('stops at a cancel in the middle and says how far it came', async () => {
    const practice = withWeb(options, { replicas: 6 });
    const { intent } = await planOf('kubernetes.drain', { node: 'n1', batch: 1 }, practice.context);
    let asked = 0;
    practice.permit = () => {
      asked += 1;
      if (asked <= 3) return Promise.resolve();
      return Promise.reject(new FixpointError('cancelled', 'cancelled by ann', { details: { stop: 'cancelled' } }));
    };
    const error = await applyOf('kubernetes.drain', intent, practice.context).catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      code: 'cancelled',
      details: { stop: 'cancelled' },
      message: 'cancelled by ann; 2 evicted, 2 of 3 pods off node n1',
    });
    expect(practice.count(/eviction$/)).toBe(2);
  });

  it('respects somebody who lets the node take pods again', async () => {
    const practice = withWeb(options, { replicas: 6 });
    const { intent } = await planOf('kubernetes.drain', { node: 'n1', batch: 1 }, practice.context);
    practice.beforeChange = (request) => {
      if (!request.endsWith('/eviction')) return;
      const node = practice.cluster.get('Node', '', 'n1');
      if (node !== undefined) practice.cluster.update(node, (each) => ({ ...each, spec: {} }));
    };
    await expect(applyOf('kubernetes.drain', intent, practice.context)).rejects.toMatchObject({
      code: 'target.changed',
      message: 'node n1 was uncordoned by someone else; 1 evicted, 1 of 3 pods off node n1',
    });
    expect(practice.count(/eviction$/)).toBe(1);
  });

  it.each([
    ['a pod without a controller', { objects: () => [loosePod('alone')], params: {} }, /app\/alone has no controller/],
    ['data that would be lost', { objects: () => [workloadOf({ volumes: [{ name: 'tmp', emptyDir: {} }] })], params: {} }, /emptyDir/],
    ['more pods than it may evict', { objects: () => [workloadOf({ replicas: 4 })], params: { mostPods: 2 } }, /more than mostPods: 2/],
  ] as const)('refuses %s', async (_what, { objects, params }, message) => {
    const practice = new PracticeCluster({ nodes: ['n1'] });
    practice.add(...objects());
    const plan = planOf('kubernetes.drain', { node: 'n1', ...params }, practice.context);
    await expect(plan).rejects.toMatchObject({ code: 'target.ambiguous', message: expect.stringMatching(message) as string });
  });

  it('refuses to touch a protected namespace', async () => {
    const practice = withWeb({ nodes: ['n1'], protectedNamespaces: ['app'] });
    const plan = planOf('kubernetes.drain', { node: 'n1' }, practice.context);
    await expect(plan).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: expect.stringContaining('is in a protected namespace') as string,
    });
  });

  it('loses the data where it is told to', async () => {
    const practice = withWeb({ nodes: ['n1'] }, { volumes: [{ name: 'tmp', emptyDir: {} }] });
    expect((await planOf('kubernetes.drain', { node: 'n1', emptyDirs: 'delete' }, practice.context)).changes).toHaveLength(3);
  });
});
