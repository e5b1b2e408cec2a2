import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { secretMarker } from '../../../src/value/secret-marker.ts';
import { clusterWith, deploymentPlace, workload } from '../../support/actions/objects.ts';
import { applyOf, contextOf, isAccepted, planOf } from '../../support/actions/world.ts';

const two: Json = [
  {
    name: 'web',
    image: 'registry.example/web:1.0',
    env: [{ name: 'A', value: '1' }, { name: 'FROM', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'EMPTY' }],
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m' } },
  },
  { name: 'sidecar', image: 'registry.example/sidecar:1.0' },
];

async function changed(action: string, params: JsonObject, containers: Json = two) {
  const cluster = clusterWith({ containers });
  const context = contextOf({ kubernetes: cluster });
  const plan = await planOf(`kubernetes.${action}`, { ...workload, ...params }, context);
  return {
    ...plan,
    cluster,
    apply: async () => {
      const output = await applyOf(`kubernetes.${action}`, plan.intent, context);
      const live = await cluster.get({ cluster: 'default', ...deploymentPlace });
      const { containers: after } = (live['spec'] as { template: { spec: { containers: Record<string, Json>[] } } }).template.spec;
      return { output, web: after[0] ?? {}, sidecar: after[1] ?? {} };
    },
  };
}

describe('kubernetes.setImage', () => {
  it('changes the image of the named container, and no other', async () => {
    const { changes, inverse, apply } = await changed('setImage', { container: 'sidecar', image: 'registry.example/sidecar:2.0' });
    expect(changes).toEqual([
      { what: 'container sidecar image', from: 'registry.example/sidecar:1.0', to: 'registry.example/sidecar:2.0' },
    ]);
    expect(inverse?.with).toEqual({
      cluster: 'default',
      kind: 'Deployment',
      ...workload,
      container: 'sidecar',
      image: 'registry.example/sidecar:1.0',
    });
    const { output, web, sidecar } = await apply();
    expect(output).toEqual({ image: 'registry.example/sidecar:2.0', generation: 2 });
    expect([web['image'], sidecar['image']]).toEqual(['registry.example/web:1.0', 'registry.example/sidecar:2.0']);
  });

  it('finds its container wherever it stands by then', async () => {
    const { apply, cluster } = await changed('setImage', { container: 'sidecar', image: 'registry.example/sidecar:2.0' });
    cluster.change(deploymentPlace, (object) => {
      (object as unknown as { spec: { template: { spec: { containers: Json[] } } } }).spec.template.spec.containers.reverse();
    });
    const { web: first, sidecar: second } = await apply();
    expect([first['image'], second['image']]).toEqual(['registry.example/sidecar:2.0', 'registry.example/web:1.0']);
  });

  it('names the containers where none is named, and refuses one that is not there', async () => {
    await expect(changed('setImage', { image: 'x' })).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: 'Deployment app/web has the containers web, sidecar: `container` must name one',
    });
    await expect(changed('setImage', { image: 'x', container: 'wbe' })).rejects.toMatchObject({
      code: 'target.missing',
      message: 'Deployment app/web has no container "wbe"; it has web, sidecar',
    });
    expect((await changed('setImage', { image: 'x' }, [{ name: 'only', image: 'y' }])).changes).toHaveLength(1);
  });

  it.each(['', ' ', 'a b', '-x', 'a\n', '$(x)', '../x', 'x'.repeat(600), secretMarker('x')])('refuses the image %j', (image) => {
    expect(isAccepted('kubernetes.setImage', { ...workload, image })).toBe(false);
  });
});

describe('kubernetes.setEnv', () => {
  it('sets, adds and takes away variables, and leaves the others', async () => {
    const { changes, inverse, apply } = await changed('setEnv', { container: 'web', env: { A: '2', NEW: 'x', EMPTY: null, GONE: null } });
    expect(changes).toEqual([
      { what: 'container web env A', from: '1', to: '2' },
      { what: 'container web env NEW', from: null, to: 'x' },
      { what: 'container web env EMPTY', from: '', to: null },
    ]);
    expect(inverse?.with['env']).toEqual({ A: '1', NEW: null, EMPTY: '' });
    const { output, web } = await apply();
    expect(output).toEqual({ variables: ['A', 'NEW', 'EMPTY'], generation: 2 });
    expect(web['env']).toEqual([
      { name: 'A', value: '2' },
      { name: 'FROM', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'NEW', value: 'x' },
    ]);
  });

  it('gives a container its first variables', async () => {
    const { apply } = await changed('setEnv', { container: 'sidecar', env: { A: '1', B: '2' } });
    expect((await apply()).sidecar['env']).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
  });

  it('leaves a variable alone that comes from elsewhere', async () => {
    await expect(changed('setEnv', { container: 'web', env: { FROM: 'x' } })).rejects.toMatchObject({ code: 'target.ambiguous' });
  });

  it.each([
    {},
    { 'a b': 'x' },
    { '1A': 'x' },
    { A: 5 },
    { A: 'x'.repeat(9000) },
    { A: secretMarker('password') },
    { DB_PASSWORD: 'x' },
    { API_KEY: 'x' },
    { DATABASE_URL: 'postgres://app:hunter2@db/app' },
    { GITHUB_TOKEN: 'x' },
    Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`A${index}`, 'x'])),
  ])('refuses %j', (env) => expect(isAccepted('kubernetes.setEnv', { ...workload, env })).toBe(false));

  it('takes names that only sound like it', () => {
    expect(isAccepted('kubernetes.setEnv', { ...workload, env: { MAX_TOKENS: '4096', CONNECTION_POOL_SIZE: '100' } })).toBe(true);
  });
});

describe('kubernetes.setResources', () => {
  it('sets limits and requests as the API will store them, and takes away', async () => {
    const { changes, inverse, apply } = await changed('setResources', {
      container: 'web',
      limits: { memory: '4096Mi', cpu: null },
      requests: { memory: '1Gi' },
    });
    expect(changes).toEqual([
      { what: 'container web limits cpu', from: '500m', to: null },
      { what: 'container web limits memory', from: '256Mi', to: '4Gi' },
      { what: 'container web requests memory', from: null, to: '1Gi' },
    ]);
    expect(inverse?.with).toMatchObject({ limits: { cpu: '500m', memory: '256Mi' }, requests: { memory: null } });
    expect((await apply()).web['resources']).toEqual({ limits: { memory: '4Gi' }, requests: { cpu: '100m', memory: '1Gi' } });
  });

  it('takes a change of an amount of 0 back', async () => {
    const zero = [{ name: 'web', image: 'x', resources: { limits: { memory: '0' }, requests: { cpu: '0' } } }];
    const { inverse, apply, cluster } = await changed('setResources', { limits: { memory: '1Gi' }, requests: { cpu: '1' } }, zero);
    expect((await apply()).web['resources']).toEqual({ limits: { memory: '1Gi' }, requests: { cpu: '1' } });
    const context = contextOf({ kubernetes: cluster });
    const undo = await planOf('kubernetes.setResources', inverse?.with ?? null, context);
    await applyOf('kubernetes.setResources', undo.intent, context);
    const live = await cluster.get({ cluster: 'default', ...deploymentPlace });
    expect(live['spec']).toMatchObject({ template: { spec: { containers: zero } } });
  });

  it('is nothing to do where the same amount is written otherwise', async () => {
    expect((await changed('setResources', { container: 'web', limits: { cpu: '0.5' } })).changes).toEqual([]);
  });

  it('refuses a request above its limit, given or found', async () => {
    const refused: JsonObject[] = [
      { requests: { cpu: '1' } },
      { limits: { cpu: '50m' } },
      { limits: { memory: '1Gi' }, requests: { memory: '2Gi' } },
    ];
    for (const params of refused) {
      await expect(changed('setResources', { container: 'web', ...params })).rejects.toMatchObject({ code: 'params.invalid' });
    }
  });

  it.each([
    {},
    { limits: {} },
    { limits: { cpu: '-1' }, zero: true },
    { requests: { cpu: '0m' } },
    { limits: { cpu: '0' } },
    { limits: { cpu: 'many' } },
    { limits: { gpu: '1' } },
  ])('refuses %j', (params) => expect(isAccepted('kubernetes.setResources', { ...workload, ...params })).toBe(false));
});

describe.each([
  ['restart', {}],
  ['setImage', { container: 'web', image: 'x' }],
  ['setEnv', { container: 'web', env: { A: '2' } }],
  ['setResources', { container: 'web', limits: { cpu: '2' } }],
])('kubernetes.%s', (action, params) => {
  it.each([{ paused: true }, { updateStrategy: { type: 'OnDelete' } }])('refuses %j, planned or met at apply', async (spec) => {
    const { cluster, intent } = await changed(action, params);
    const context = contextOf({ kubernetes: cluster });
    cluster.change(deploymentPlace, (object) => void Object.assign((object as unknown as { spec: object }).spec, spec));
    const before = cluster.snapshot();
    await expect(planOf(`kubernetes.${action}`, { ...workload, ...params }, context)).rejects.toMatchObject({ code: 'target.ambiguous' });
    await expect(applyOf(`kubernetes.${action}`, intent, context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(cluster.snapshot()).toBe(before);
  });
});
