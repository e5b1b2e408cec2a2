import { describe, expect, it } from 'vitest';
import type { AnyAction } from '../../../src/actions/action.ts';
import { actions } from '../../../src/actions/catalogue.ts';
import { carbonMl } from '../../../src/sandbox/patients/254carbon-ml/platform.ts';
import { listAt, objectAt } from '../../../src/sandbox/kubernetes/plain.ts';
import { aiGatekeeper } from '../../../src/sandbox/patients/ai-gatekeeper/platform.ts';
import { perform, type Performed } from '../../support/actions/perform.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { alertWith } from '../rule/shapes.ts';
import { shippedRules } from '../../support/shipped-rules.ts';

const gatekeeper = { namespace: 'ai-gatekeeper', name: 'ai-gatekeeper' };

function platform(...objects: readonly unknown[]): PracticeCluster {
  const practice = new PracticeCluster({ podUsage: () => ({ cpu: 0.5, memory: 2 ** 28 }) });
  practice.add(...aiGatekeeper.objects, ...carbonMl.objects, ...objects);
  return practice;
}

const on = (practice: PracticeCluster, values = {}) => ({ context: practice.context, rest: () => practice.rest(), values });
const changesOf = (steps: readonly Performed[]) => steps.flatMap(({ changes }) => changes);
const jobs = (practice: PracticeCluster) => practice.cluster.list('Job', gatekeeper.namespace).map(({ metadata }) => metadata.name);

function setEnvironment(practice: PracticeCluster, env: Readonly<Record<string, string>>): void {
  const found = practice.cluster.get('Deployment', gatekeeper.namespace, gatekeeper.name);
  if (found === undefined) throw new Error('the Deployment is gone');
  const template = objectAt(found, 'spec', 'template');
  const containers = listAt(template, 'spec', 'containers').map((container) => ({
    ...container,
    env: Object.entries({ DB_POOL_SIZE: '20', DB_MAX_OVERFLOW: '10', DB_POOL_RECYCLE: '1800', ...env }).map(([name, value]) => ({
      name,
      value,
    })),
  }));
  practice.cluster.update(found, (live) => ({
    ...live,
    spec: { ...objectAt(live, 'spec'), template: { ...template, spec: { ...objectAt(template, 'spec'), containers } } },
  }));
  practice.rest();
}

describe('back-up-gatekeeper', () => {
  it('dumps the database and copies the vector store, each by a Job of its own', async () => {
    const practice = platform();
    const steps = await perform('back-up-gatekeeper', {}, on(practice));
    expect(steps.map(({ id, settled }) => [id, settled])).toMatchObject([
      ['database', { settled: true }],
      ['vectors', { settled: true }],
    ]);
    expect(
      jobs(practice)
        .map((name) => name.replace(/-[0-9a-f]+$/, ''))
        .toSorted(),
    ).toEqual(['postgres-backup', 'vector-store-backup']);
  });

  it('makes no backup at all where one of them has no CronJob', async () => {
    const practice = platform();
    await expect(perform('back-up-gatekeeper', { vectors: 'nothing' }, on(practice))).rejects.toMatchObject({
      code: expect.stringMatching(/missing|not-found/) as string,
    });
    expect(jobs(practice)).toEqual([]);
  });
});

describe('set-pool-environment', () => {
  const wish = { ...gatekeeper, size: 30, overflow: 20, replicas: 5, room: 'up', connection: 'ai-gatekeeper', status: '/status' };

  it.each([
    [250, 3],
    [251, 3],
  ])('grows the pools where there is room for %i connections', async (room) => {
    const practice = platform();
    const steps = await perform('set-pool-environment', wish, on(practice, { room }));
    expect(changesOf(steps).map(({ what, from, to }) => [what, from, to])).toEqual([
      ['container ai-gatekeeper env DB_POOL_SIZE', '20', '30'],
      ['container ai-gatekeeper env DB_MAX_OVERFLOW', '10', '20'],
    ]);
  });

  it.each([
    ['DB_POOL_SIZE', '31'],
    ['DB_MAX_OVERFLOW', '21'],
  ])('does not make a pool smaller: %s is %s', async (name, value) => {
    const practice = platform();
    setEnvironment(practice, { [name]: value });
    await expect(perform('set-pool-environment', wish, on(practice, { room: 1000 }))).rejects.toThrow('larger already');
  });

  it('takes what is no number as not given', async () => {
    const practice = platform();
    setEnvironment(practice, { DB_POOL_SIZE: 'many' });
    expect(changesOf(await perform('set-pool-environment', wish, on(practice, { room: 1000 })))).toMatchObject([
      { from: 'many', to: '30' },
      { from: '10', to: '20' },
    ]);
  });

  it('changes nothing where one connection is lacking', async () => {
    const practice = platform();
    await expect(perform('set-pool-environment', wish, on(practice, { room: 249 }))).rejects.toMatchObject({
      code: 'flow.assertion-failed',
    });
    expect(practice.requests.filter((request) => request.startsWith('PATCH'))).toEqual([]);
  });
});

describe('roll-back-to-revision', () => {
  it('goes back to the revision that is named, past the one before it', async () => {
    const practice = platform();
    practice.rest();
    const [first] = practice.cluster.list('ReplicaSet', gatekeeper.namespace, { app: gatekeeper.name });
    for (const version of ['3.2.0', '3.3.0']) {
      const image = `ai-gatekeeper/ai-gatekeeper:${version}`;
      await perform('set-image', { ...gatekeeper, container: gatekeeper.name, image }, on(practice));
    }
    const steps = await perform('roll-back-to-revision', { ...gatekeeper, revision: first?.metadata.name ?? '' }, on(practice));
    expect(changesOf(steps).at(-1)).toMatchObject({ from: 'ai-gatekeeper/ai-gatekeeper:3.3.0', to: 'ai-gatekeeper/ai-gatekeeper:3.1.0' });
    await expect(perform('roll-back-to-revision', { ...gatekeeper, revision: 'nobody' }, on(practice))).rejects.toThrow('nobody');
  });
});

describe('raise-limits-within-bounds', () => {
  const embedding = { namespace: 'ml-platform-production', name: 'embedding-service', autoscaler: 'embedding-service' };

  it.each([
    [{ memory: '8Gi', cpu: '4' }, true],
    [{ memory: '8Gi', cpu: '4001m' }, false],
    [{ memory: '8193Mi', cpu: '4' }, false],
    [{ memory: '1Gi', cpu: '499m' }, false],
    [{ memory: '1023Mi', cpu: '2' }, false],
  ])('%j is within the bounds: %s', async (limits, isWithin) => {
    const practice = platform();
    const performed = perform('raise-limits-within-bounds', { ...embedding, ...limits }, on(practice));
    if (isWithin) expect(changesOf(await performed).map(({ to }) => to)).toEqual(['4', '8Gi']);
    else await expect(performed).rejects.toThrow('VerticalPodAutoscaler embedding-service keeps memory between 1Gi and 8Gi');
  });

  it('refuses where nobody bounds it', async () => {
    await expect(
      perform('raise-limits-within-bounds', { ...embedding, autoscaler: 'nobody', memory: '4Gi', cpu: '2' }, on(platform())),
    ).rejects.toMatchObject({ code: 'kubernetes.not-found' });
  });
});

describe('raise-limits', () => {
  it('sets both where there are none', async () => {
    const container = { name: 'bare', image: 'bare:1' };
    const bare = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'ai-gatekeeper', name: 'bare' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } } },
    };
    const steps = await perform('raise-limits', { ...gatekeeper, name: 'bare', memory: '4Gi', cpu: '2000m' }, on(platform(bare)));
    expect(changesOf(steps).map(({ from, to }) => [from, to])).toEqual([
      [null, '2'],
      [null, '4Gi'],
    ]);
  });
});

describe('what the rules for AI Gatekeeper and 254Carbon ML need', () => {
  it('is known before anything is read, parts of a parameter that only reading tells included', () => {
    const rule = shippedRules().find(({ name }) => name === 'ml-high-resource-use');
    const alert = alertWith({ namespace: 'ml-platform', service: 'mlflow' });
    const [raise] = rule?.ladder[0]?.probe(alert).filter(({ id }) => id === 'raise') ?? [];
    expect(raise).toMatchObject({ params: { cluster: 'default', namespace: 'ml-platform', name: 'mlflow' }, open: ['limits'] });
    const action: AnyAction | undefined = actions.get('kubernetes.setResources');
    const patched = action?.permissions(raise?.params as never).filter(({ verbs }) => verbs.includes('patch')) ?? [];
    expect(patched).toMatchObject([{ cluster: 'default', resource: 'deployments', name: 'mlflow' }]);
  });
});
