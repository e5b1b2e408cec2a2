import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/catalogue.ts';
import { secretMarker } from '../../../src/value/secret-marker.ts';
import { clusterWith, history, workload } from '../../support/actions/objects.ts';
import { actionNamed, applyOf, contextOf, isAccepted, planOf, settledOf } from '../../support/actions/world.ts';

const past = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'registry.example/web:0.9' }] } };

it.each([
  ['kubernetes.scale', { replicas: 5 }],
  ['kubernetes.restart', {}],
] as const)('%s does not settle on an object that was made anew under the same name, and says so', async (action, params) => {
  const cluster = clusterWith();
  const context = contextOf({ kubernetes: cluster });
  const { intent } = await planOf(action, { ...workload, ...params }, context);
  const output = await applyOf(action, intent, context);
  for (const [key, object] of clusterWith().objects)
    cluster.objects.set(key, { ...object, metadata: { ...object.metadata, uid: 'another' } });
  await expect(settledOf(action, { intent, output }, context)).rejects.toMatchObject({
    code: 'target.changed',
    message: expect.stringMatching(/is another object by now \(uid another, not uid-\d\): it was deleted and made anew/) as string,
  });
});

describe.each([
  ['kubernetes.scale', { replicas: 5 }],
  ['kubernetes.restart', {}],
  ['kubernetes.patch', { data: { a: 'x' } }],
  ['kubernetes.setImage', { image: 'registry.example/web:2' }],
  ['kubernetes.setEnv', { env: { A: '1' } }],
  ['kubernetes.setResources', { limits: { cpu: '1' } }],
  ['kubernetes.rollback', {}],
] as const)('%s', (action, params) => {
  it('fails where the object is missing', async () => {
    const cluster = clusterWith();
    cluster.objects.clear();
    await expect(planOf(action, { ...workload, ...params }, contextOf({ kubernetes: cluster }))).rejects.toMatchObject({
      code: 'kubernetes.not-found',
    });
  });

  it('leaves an object alone that was made anew under the same name', async () => {
    const cluster = clusterWith();
    history(cluster, [past]);
    const context = contextOf({ kubernetes: cluster });
    const { intent } = await planOf(action, { ...workload, ...params }, context);
    const anew = clusterWith();
    for (const [key, object] of anew.objects) cluster.objects.set(key, { ...object, metadata: { ...object.metadata, uid: 'another' } });
    const before = cluster.snapshot();
    await expect(applyOf(action, intent, context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(cluster.snapshot()).toBe(before);
  });

  it('changes nothing without permission', async () => {
    const cluster = clusterWith();
    history(cluster, [past]);
    const context = contextOf({ kubernetes: cluster });
    const { intent } = await planOf(action, { ...workload, ...params }, context);
    cluster.permit = () => Promise.reject(new Error('paused'));
    const before = cluster.snapshot();
    await expect(applyOf(action, intent, context)).rejects.toThrow('paused');
    expect(cluster.snapshot()).toBe(before);
  });

  it.each(['', '.', '..', '../x', 'a/b', 'a%2fb', 'UPPER', 'a b', 'a\n', 'a\u0000', '-a', 'a'.repeat(300), 'é', '${x}', 5, null, ['a']])(
    'refuses the name %j',
    (name) => {
      expect(isAccepted(action, { ...workload, ...params, name })).toBe(false);
      expect(isAccepted(action, { ...workload, ...params, namespace: name })).toBe(false);
      expect(isAccepted(action, { ...workload, ...params, cluster: name })).toBe(false);
    },
  );

  it('refuses keys that nobody knows', () => {
    expect(isAccepted(action, { ...workload, ...params })).toBe(true);
    expect(isAccepted(action, { ...workload, ...params, force: true })).toBe(false);
  });
});

describe('parameters', () => {
  it.each([-1, 1.5, 1001, 1e21, NaN, '3', {}, { atLeast: 0 }, { atMost: 0 }, { atLeast: 1, atMost: 3 }, null])(
    'replicas %j are refused',
    (replicas) => {
      expect(isAccepted('kubernetes.scale', { ...workload, replicas })).toBe(false);
    },
  );

  it.each([
    {},
    { 'a/b': 'x' },
    { '..': 'x' },
    { '.': 'x' },
    { '..a': 'x' },
    { a: 5 },
    { a: ['x'] },
    { a: 'x'.repeat(70_000) },
    { a: secretMarker('password') },
    { ['x'.repeat(300)]: 'y' },
  ])('ConfigMap data %j are refused', (data) => expect(isAccepted('kubernetes.patch', { ...workload, data })).toBe(false));

  it.each([
    {},
    { selector: '' },
    { selector: ' ' },
    { selector: ',' },
    { selector: 'a=b\n' },
    { selector: 'a', owner: { name: 'web' } },
    { owner: { name: '../x' } },
  ])('pods %j are refused', (params) => {
    expect(isAccepted('kubernetes.pods', { namespace: 'app', ...params })).toBe(false);
  });
});

describe('the catalogue', () => {
  it('knows each action by its name, with rights for all that it does', () => {
    for (const [name, action] of actions) expect(action.name).toBe(name);
    expect(actions.size).toBeGreaterThan(20);
    const scale = actionNamed('kubernetes.scale');
    const rights = scale
      .permissions(scale.params.parse({ ...workload, replicas: 1 }))
      .map(({ resource, verbs }) => `${resource}: ${verbs.join(' ')}`);
    expect(rights).toEqual([
      'deployments: get',
      'deployments/scale: get patch',
      'events: create',
      'horizontalpodautoscalers: list',
      'resourcequotas: list',
    ]);
  });
});
