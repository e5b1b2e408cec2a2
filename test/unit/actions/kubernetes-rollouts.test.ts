import { describe, expect, it } from 'vitest';
import type { Permission } from '../../../src/actions/action.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { tokenOfAccount } from '../../../src/sandbox/kubernetes/access/account-token.ts';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { PracticeCluster, type PracticeOptions } from '../../support/actions/practice-cluster.ts';
import { workloadOf } from '../../support/actions/practice-objects.ts';
import { actionNamed, applyOf, planOf, settledOf } from '../../support/actions/world.ts';

const autoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { namespace: 'app', name: 'web-hpa' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 5 },
};
const { selector, template } = workloadOf({ name: 'agent' }).spec;
const daemonSet = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { namespace: 'app', name: 'agent' }, spec: { selector, template } };
const web = { namespace: 'app', name: 'web' };
const db = { kind: 'StatefulSet', namespace: 'app', name: 'db' };
const agent = { kind: 'DaemonSet', namespace: 'app', name: 'agent' };

/** A change by somebody else, as `kubectl set image` makes it. */
function setImage(practice: PracticeCluster, kind: string, image: string): void {
  const name = kind === 'Deployment' ? 'web' : kind === 'StatefulSet' ? 'db' : 'agent';
  const found = practice.cluster.get(kind, 'app', name) as KubernetesObject;
  practice.cluster.update(found, (object) => {
    const spec = object['spec'] as { template: { spec: { containers: readonly JsonObject[] } } };
    const containers = spec.template.spec.containers.map((container) => ({ ...container, image }));
    return { ...object, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } } };
  });
  practice.rest(30_000);
}

function practiceWith(...objects: readonly unknown[]): PracticeCluster {
  const practice = new PracticeCluster();
  practice.add(...objects);
  return practice;
}

async function run(practice: PracticeCluster, action: string, params: JsonObject) {
  const name = `kubernetes.${action}`;
  const plan = await planOf(name, params, practice.context);
  const output = await applyOf(name, plan.intent, practice.context);
  const settled = async () => await actionNamed(name).settled?.(plan.intent, { ...practice.context, output });
  return { ...plan, output, settled };
}

const imagesOf = (practice: PracticeCluster, app: string) =>
  new Set(
    practice
      .pods('app')
      .filter(({ metadata }) => metadata.labels?.['app'] === app)
      .map((pod) => (pod['spec'] as { containers: { image: string }[] }).containers[0]?.image),
  );

describe('over the simulated cluster', () => {
  it.each<[string, JsonObject, string]>([
    ['setImage', { ...web, image: 'registry.example/web:2' }, 'web'],
    ['setEnv', { ...web, env: { A: '1' } }, 'web'],
    ['setResources', { ...web, limits: { memory: '2048Mi' }, requests: { memory: '1Gi' } }, 'web'],
    ['restart', agent, 'agent'],
    ['restart', db, 'db'],
    ['setImage', { ...agent, image: 'registry.example/agent:2' }, 'agent'],
    [
      'patch',
      {
        ...web,
        kind: 'Deployment',
        type: 'strategic',
        patch: { spec: { template: { spec: { containers: [{ name: 'web', image: 'registry.example/web:9' }] } } } },
      },
      'web',
    ],
  ])('%s %j is rolled out, is nothing when done again, and is taken back', async (action, params, app) => {
    const practice = practiceWith(workloadOf(), workloadOf({ kind: 'StatefulSet', name: 'db' }), daemonSet);
    const before = practice.pods('app').map(({ metadata }) => metadata.uid);
    const { intent, output, inverse, settled } = await run(practice, action, params);
    expect(await settled()).toMatchObject({ settled: false });
    practice.rest(60_000);
    expect(await settled()).toEqual({ settled: true });
    const fresh = practice.pods('app').filter(({ metadata }) => metadata.labels?.['app'] === app);
    expect(fresh.length).toBeGreaterThan(0);
    for (const { metadata } of fresh) expect(before).not.toContain(metadata.uid);
    expect(await applyOf(`kubernetes.${action}`, intent, practice.context)).toEqual(output);
    expect(practice.count(/^PATCH/)).toBe(1);
    if (action === 'restart') return expect(inverse).toBeUndefined();
    const original = imagesOf(practiceWith(workloadOf(), daemonSet), app);
    const back = await run(practice, action, inverse?.with ?? {});
    practice.rest(60_000);
    expect(await back.settled()).toEqual({ settled: true });
    expect(imagesOf(practice, app)).toEqual(original);
  });

  it('an autoscaler raises the count to the floor it is given, and only then the step is settled', async () => {
    const practice = practiceWith(workloadOf({ replicas: 2 }), autoscaler);
    const { intent, output, changes, inverse, settled } = await run(practice, 'scale', { ...web, replicas: { atLeast: 4 } });
    expect(changes).toEqual([{ what: 'HorizontalPodAutoscaler web-hpa spec.minReplicas', from: 1, to: 4 }]);
    expect(await settled()).toMatchObject({ settled: false, reason: 'the autoscaler has not raised the 2 replicas yet' });
    const ofBefore = { intent: { ...(intent as JsonObject), uid: 'of-before' }, output };
    await expect(settledOf('kubernetes.scale', ofBefore, practice.context)).rejects.toThrow(
      /is another object by now \(uid \S+, not of-before\)/,
    );
    practice.rest(60_000);
    expect(await settled()).toEqual({ settled: true });
    expect(practice.pods('app')).toHaveLength(4);
    await run(practice, 'scale', inverse?.with ?? {});
    practice.rest(60_000);
    expect(practice.cluster.get('HorizontalPodAutoscaler', 'app', 'web-hpa')).toMatchObject({ spec: { minReplicas: 1 } });
  });

  it.each([
    ['Deployment', web, 'web'],
    ['DaemonSet', agent, 'agent'],
    ['StatefulSet', db, 'db'],
  ] as const)('rollback of a %s goes back, and forth again by its inverse', async (kind, params, app) => {
    const practice = practiceWith(workloadOf(), workloadOf({ kind: 'StatefulSet', name: 'db' }), daemonSet);
    const before = imagesOf(practice, app);
    setImage(practice, kind, 'registry.example/next:2');
    const { intent, output, inverse, settled } = await run(practice, 'rollback', params);
    practice.rest(60_000);
    expect(await settled()).toEqual({ settled: true });
    expect(imagesOf(practice, app)).toEqual(before);
    expect(await applyOf('kubernetes.rollback', intent, practice.context)).toEqual({ ...(output as object), generation: 3 });
    const forth = await run(practice, 'rollback', inverse?.with ?? {});
    practice.rest(60_000);
    expect(await forth.settled()).toEqual({ settled: true });
    expect(imagesOf(practice, app)).toEqual(new Set(['registry.example/next:2']));
  });

  it('a StatefulSet that is stuck stays so after its rollback, which says what to delete; then it heals', async () => {
    const practice = practiceWith(workloadOf({ kind: 'StatefulSet', name: 'db' }));
    setImage(practice, 'StatefulSet', 'registry.example/bad:2');
    const { notes, settled } = await run(practice, 'rollback', db);
    expect(notes?.[0]).toBe(
      'pod db-1 (ImagePullBackOff) does not start; a StatefulSet keeps such a pod after a roll-back until it is deleted',
    );
    practice.rest(60_000);
    expect(await settled()).toMatchObject({ settled: 'failed', reason: expect.stringContaining('it must be deleted') as string });
    await run(practice, 'deletePod', { namespace: 'app', pod: 'db-1' });
    practice.rest(60_000);
    expect(await settled()).toEqual({ settled: true });
    expect(imagesOf(practice, 'db')).toEqual(new Set(['registry.example/db:1']));
  });

  it('a rollout that is paused by a patch settles at once, and goes on when it is taken back', async () => {
    const practice = practiceWith(workloadOf({ replicas: 4 }));
    await run(practice, 'setImage', { ...web, image: 'registry.example/web:2' });
    const paused = await run(practice, 'patch', { ...web, kind: 'Deployment', patch: { spec: { paused: true } } });
    expect(await paused.settled()).toEqual({ settled: true });
    practice.rest(60_000);
    const resumed = await run(practice, 'patch', paused.inverse?.with ?? {});
    practice.rest(60_000);
    expect(await resumed.settled()).toEqual({ settled: true });
    expect(imagesOf(practice, 'web')).toEqual(new Set(['registry.example/web:2']));
  });

  it('a Deployment with a bad image is rolled back from a progress deadline', async () => {
    const practice = practiceWith({ ...workloadOf(), spec: { ...workloadOf().spec, progressDeadlineSeconds: 20 } });
    const bad = await run(practice, 'setImage', { ...web, image: 'registry.example/bad:2' });
    practice.rest(60_000);
    expect(await bad.settled()).toMatchObject({ settled: 'failed' });
    const { settled } = await run(practice, 'rollback', web);
    practice.rest(60_000);
    expect(await settled()).toEqual({ settled: true });
  });
});

describe('the rights that an action names are enough, and it uses no others', () => {
  const objects = [
    workloadOf(),
    workloadOf({ kind: 'StatefulSet', name: 'db' }),
    daemonSet,
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'app', name: 'web' }, data: { a: '1' } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'app', name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    },
  ];
  const pod = 'web-pod';

  function role(permissions: readonly Permission[]): readonly unknown[] {
    const rules = permissions.map(({ apiGroup, resource, verbs, name }) => ({
      apiGroups: [apiGroup],
      resources: [resource],
      verbs,
      ...(name === undefined ? {} : { resourceNames: [name] }),
    }));
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'needed' };
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'fixpoint', name: 'fixpoint' } },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'needed' }, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'needed' },
        roleRef,
        subjects: [{ kind: 'ServiceAccount', namespace: 'fixpoint', name: 'fixpoint' }],
      },
    ];
  }

  it.each<[string, JsonObject, PracticeOptions]>([
    ['scale', { ...web, replicas: 3, autoscaler: 'web-hpa' }, {}],
    ['scale', { ownerOf: pod, namespace: 'app', replicas: 3, autoscaler: 'web-hpa' }, {}],
    ['scale', { ...db, replicas: 3 }, {}],
    ['restart', agent, {}],
    ['restart', { ownerOf: pod, namespace: 'app' }, {}],
    ['rollback', web, {}],
    ['rollback', db, {}],
    ['rollback', agent, {}],
    ['rollback', { ownerOf: pod, namespace: 'app' }, {}],
    ['setImage', { ...web, image: 'x' }, {}],
    ['setEnv', { ...web, env: { A: 'x' } }, {}],
    ['setResources', { ...web, limits: { cpu: '1' } }, {}],
    ['patch', { ...web, data: { a: '2' } }, {}],
    ['patch', { ...web, kind: 'Service', patch: { spec: { selector: { version: 'green' } } } }, {}],
    ['pods', { namespace: 'app', owner: { name: 'web' } }, {}],
    ['logs', { namespace: 'app', owner: { name: 'web' } }, {}],
    ['logs', { namespace: 'app', pod }, {}],
    ['events', { namespace: 'app' }, {}],
    ['top', { namespace: 'app', owner: { name: 'web' } }, { podUsage: () => ({ cpu: 1, memory: 1 }) }],
    ['top', { of: 'nodes' }, { podUsage: () => ({ cpu: 1, memory: 1 }) }],
    ['get', { kind: 'Deployment', ...web }, {}],
    ['describe', { kind: 'Deployment', ...web }, {}],
    ['describe', { kind: 'Node', name: 'sandbox-node-1' }, {}],
    ['describe', { kind: 'Service', ...web }, {}],
    ['rolloutStatus', web, {}],
    ['rolloutStatus', db, {}],
    ['rolloutStatus', { ownerOf: pod, namespace: 'app' }, {}],
  ])('%s %j', async (action, given, options) => {
    const practice = new PracticeCluster({ ...options, token: tokenOfAccount('fixpoint', 'fixpoint') });
    practice.add(...objects, autoscaler);
    for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) setImage(practice, kind, 'registry.example/next:2');
    const real = practice.pods('app').find(({ metadata }) => metadata.labels?.['app'] === 'web')?.metadata.name ?? '';
    const params = JSON.parse(JSON.stringify(given).replaceAll(pod, real)) as JsonObject;
    const { permissions, params: schema, effect } = actionNamed(`kubernetes.${action}`);
    practice.add(...role(permissions(schema.parse(params))));
    if (effect === 'read') {
      expect((await planOf(`kubernetes.${action}`, params, practice.context)).output).toBeDefined();
    } else {
      const { changes, settled } = await run(practice, action, params);
      expect(changes.length).toBeGreaterThan(0);
      await settled();
    }
    expect(practice.forbidden).toEqual([]);
  });

  it('is refused without them', async () => {
    const practice = new PracticeCluster({ token: tokenOfAccount('fixpoint', 'fixpoint') });
    practice.add(...objects, ...role([]));
    await expect(planOf('kubernetes.restart', web as unknown as Json, practice.context)).rejects.toMatchObject({
      code: 'kubernetes.forbidden',
    });
  });
});
