import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import type { FakeCluster } from '../../support/actions/fake-cluster.ts';
import { clusterWith, workload } from '../../support/actions/objects.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { outputOf } from '../../support/actions/read-output.ts';
import { contextOf, isAccepted, planOf } from '../../support/actions/world.ts';

describe('kubernetes.patch refuses', () => {
  const file = 'spring:\n  datasource:\n    password: hunter2\n';
  const args = (list: readonly string[]): JsonObject => ({
    type: 'strategic',
    patch: { spec: { template: { spec: { containers: [{ name: 'web', args: list }] } } } },
  });
  const header: JsonObject = { httpGet: { path: '/', port: 80, httpHeaders: [{ name: 'Authorization', value: 'hunter2' }] } };

  it.each<[string, JsonObject]>([
    ['a file for a ConfigMap', { data: { 'application.yml': file } }],
    ['the same as a patch', { patch: { data: { 'application.yml': file } } }],
    ['an address in arguments', { kind: 'Deployment', ...args(['--db=postgres://app:hunter2@db/app']) }],
    [
      'a variable',
      {
        kind: 'Deployment',
        type: 'strategic',
        patch: { spec: { template: { spec: { containers: [{ name: 'web', env: [{ name: 'DB_PASSWORD', value: 'x' }] }] } } } },
      },
    ],
    ['a flag and its value', { kind: 'Deployment', ...args(['--password', 'hunter2']) }],
    [
      'a header of a probe',
      {
        kind: 'Deployment',
        type: 'strategic',
        patch: { spec: { template: { spec: { containers: [{ name: 'web', livenessProbe: header }] } } } },
      },
    ],
    ['a test of a JSON patch', { type: 'json', patch: [{ op: 'test', path: '/data/application.yml', value: file }] }],
  ])('a credential within %s, already when it is written', (_name, params) => {
    expect(isAccepted('kubernetes.patch', { ...workload, ...params })).toBe(false);
  });

  it.each<[string, JsonObject, () => FakeCluster]>([
    ['a file of a ConfigMap', { data: { 'application.yml': 'spring: {}\n' } }, () => clusterWith({ data: { 'application.yml': file } })],
    ['a key that is taken away', { data: { 'application.yml': null } }, () => clusterWith({ data: { 'application.yml': file } })],
    [
      'arguments',
      { kind: 'Deployment', ...args(['--verbose']) },
      () => clusterWith({ containers: [{ name: 'web', image: 'web:1', args: ['--db=postgres://app:hunter2@db/app'] }] }),
    ],
  ])('to replace a credential within %s, and does not tell it', async (_name, params, made) => {
    const refused = planOf('kubernetes.patch', { ...workload, ...params }, contextOf({ kubernetes: made() }));
    await expect(refused).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: expect.stringContaining('holds what looks like a credential') as string,
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') as string });
  });

  it('no other key because of one that holds a credential', async () => {
    const context = contextOf({ kubernetes: clusterWith({ data: { 'application.yml': file, 'level': 'info' } }) });
    const { changes } = await planOf('kubernetes.patch', { ...workload, data: { level: 'debug' } }, context);
    expect(changes).toEqual([{ what: 'data.level', from: 'info', to: 'debug' }]);
  });
});

describe('kubernetes.setEnv', () => {
  it.each([{ DATABASE_URL: 'postgres://db/app' }, { DATABASE_URL: null }])('shows no credential that a variable holds: %j', async (env) => {
    const containers = [{ name: 'web', image: 'x', env: [{ name: 'DATABASE_URL', value: 'postgres://app:hunter2@db/app' }] }];
    const refused = planOf('kubernetes.setEnv', { ...workload, env }, contextOf({ kubernetes: clusterWith({ containers }) }));
    await expect(refused).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: 'Deployment app/web: DATABASE_URL holds what looks like a credential, which would be shown in plans; keep it in a Secret',
    });
  });
});

describe('kubernetes.describe', () => {
  it('hides what looks like a credential in conditions', async () => {
    const practice = new PracticeCluster();
    practice.add({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'app', name: 'odd' },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    });
    const pod = practice.cluster.get('Pod', 'app', 'odd');
    if (pod === undefined) throw new Error('the pod is not there');
    const message = 'dial postgres://app:hunter2@db/app: refused';
    practice.cluster.store.put({ ...pod, status: { conditions: [{ type: 'Ready', status: 'False', reason: 'NotReady', message }] } });
    const read = await outputOf<{ conditions: Json }>(practice, 'describe', { kind: 'Pod', namespace: 'app', name: 'odd' });
    expect(read.conditions).toEqual([
      { type: 'Ready', status: 'False', reason: 'NotReady', message: 'dial postgres://app:(hidden)@db/app: refused' },
    ]);
  });
});
