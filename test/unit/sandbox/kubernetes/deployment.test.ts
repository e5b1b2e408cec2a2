import { describe, expect, it } from 'vitest';
import { listAt, numberAt, objectAt } from '../../../../src/sandbox/kubernetes/plain.ts';
import type { ServedCluster } from '../../../../src/sandbox/kubernetes/cluster.ts';
import { changed, templateOf, testCluster, workload } from './workload.ts';

function status(cluster: ServedCluster): Record<string, unknown> {
  const { conditions: _, ...counts } = objectAt(cluster.get('Deployment', 'shop', 'web'), 'status');
  return counts;
}

function progressing(cluster: ServedCluster): unknown {
  return listAt(cluster.get('Deployment', 'shop', 'web'), 'status', 'conditions').find(
    (condition) => condition['type'] === 'Progressing',
  )?.['reason'];
}

const done = { observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };

describe('a Deployment', () => {
  it('gets its pods ready after their start time, not before', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('Deployment'));
    clock.advance(2_500);
    expect(status(cluster)).toEqual({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, unavailableReplicas: 3 });
    clock.advance(1_000);
    expect(status(cluster)).toEqual(done);
    expect(progressing(cluster)).toBe('NewReplicaSetAvailable');
    const pod = cluster.list('Pod', 'shop', { app: 'web' })[0];
    expect(pod?.metadata.ownerReferences?.[0]?.kind).toBe('ReplicaSet');
    expect(pod === undefined ? undefined : cluster.createdAtMs(pod)).toBe(Date.UTC(2026, 0, 1) + 40);
    expect(pod?.metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z');
  });

  it('shows the new generation with the old status until the controller has looked', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('Deployment'));
    clock.advance(5_000);
    const answer = changed(cluster, 'Deployment', { template: templateOf('registry.example/web:2') });
    expect(answer.metadata.generation).toBe(2);
    expect(answer['status']).toMatchObject(done);
    clock.advance(20);
    expect(numberAt(cluster.get('Deployment', 'shop', 'web'), 'status', 'observedGeneration')).toBe(2);
  });

  it('rolls within its surge and availability bounds and keeps the old ReplicaSet empty', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('Deployment'));
    clock.advance(5_000);
    const seen: { total: number; available: number }[] = [];
    cluster.onChange(({ object }) => {
      if (object.kind === 'Deployment')
        seen.push({ total: numberAt(object, 'status', 'replicas') ?? 0, available: numberAt(object, 'status', 'availableReplicas') ?? 0 });
    });
    changed(cluster, 'Deployment', { template: templateOf('registry.example/web:2') });
    clock.advance(30_000);
    expect(Math.max(...seen.map(({ total }) => total))).toBe(4);
    expect(Math.min(...seen.map(({ available }) => available))).toBe(3);
    expect(status(cluster)).toEqual({ ...done, observedGeneration: 2 });
    const sets = cluster
      .list('ReplicaSet', 'shop')
      .map((set) => [set.metadata.annotations?.['deployment.kubernetes.io/revision'], numberAt(set, 'spec', 'replicas')].join(': '));
    expect(new Set(sets)).toEqual(new Set(['1: 0', '2: 3']));
  });

  it('reports a missed progress deadline and keeps serving when the image cannot be pulled', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('Deployment', { progressDeadlineSeconds: 10 }));
    clock.advance(5_000);
    changed(cluster, 'Deployment', { template: templateOf('registry.example/web:bad') });
    clock.advance(8_000);
    expect(progressing(cluster)).toBe('ReplicaSetUpdated');
    clock.advance(6_000);
    expect(progressing(cluster)).toBe('ProgressDeadlineExceeded');
    expect(status(cluster)).toMatchObject({ updatedReplicas: 1, availableReplicas: 3, unavailableReplicas: 1 });
    changed(cluster, 'Deployment', { template: templateOf('registry.example/web:1') });
    clock.advance(5_000);
    expect(progressing(cluster)).toBe('NewReplicaSetAvailable');
    expect(cluster.get('Deployment', 'shop', 'web')?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  it('replaces all pods at once under Recreate', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('Deployment', { strategy: { type: 'Recreate' } }));
    clock.advance(5_000);
    changed(cluster, 'Deployment', { template: templateOf('registry.example/web:2') });
    clock.advance(500);
    expect(status(cluster)).toEqual({ observedGeneration: 2 });
    clock.advance(10_000);
    expect(status(cluster)).toEqual({ ...done, observedGeneration: 2 });
  });

  it('scales in the middle of a rollout and ends at the wanted number of new pods', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('Deployment'));
    clock.advance(5_000);
    changed(cluster, 'Deployment', { template: templateOf('registry.example/web:2') });
    clock.advance(4_000);
    changed(cluster, 'Deployment', { replicas: 8 });
    clock.advance(60_000);
    expect(status(cluster)).toEqual({ observedGeneration: 3, replicas: 8, updatedReplicas: 8, readyReplicas: 8, availableReplicas: 8 });
  });

  it('replaces a deleted pod, and takes everything with it when it goes itself', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('Deployment'));
    clock.advance(5_000);
    const [pod] = cluster.list('Pod', 'shop');
    if (pod === undefined) throw new Error('no pod');
    cluster.delete(pod);
    clock.advance(500);
    expect(cluster.list('Pod', 'shop')).toHaveLength(4);
    clock.advance(5_000);
    expect(cluster.list('Pod', 'shop').map(({ metadata }) => metadata.uid)).not.toContain(pod.metadata.uid);
    expect(status(cluster)).toEqual(done);
    const deployment = cluster.get('Deployment', 'shop', 'web');
    if (deployment !== undefined) cluster.delete(deployment);
    clock.advance(5_000);
    expect([...cluster.list('ReplicaSet', 'shop'), ...cluster.list('Pod', 'shop')]).toEqual([]);
  });

  it('loses availability when a pod is made unready and gets it back', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('Deployment'));
    clock.advance(5_000);
    const name = cluster.list('Pod', 'shop')[0]?.metadata.name ?? '';
    cluster.setPodReady('shop', name, false);
    clock.advance(100);
    expect(status(cluster)).toMatchObject({ readyReplicas: 2, availableReplicas: 2, unavailableReplicas: 1 });
    cluster.setPodReady('shop', name, true);
    clock.advance(100);
    expect(status(cluster)).toEqual(done);
  });

  it('lets crashing pods back off and recover once the cause is gone', () => {
    let isBroken = true;
    const { cluster, clock } = testCluster({ podOutcome: () => (isBroken ? 'crash' : 'ready') });
    cluster.create(workload('Deployment', { replicas: 1 }));
    clock.advance(5_000);
    const [pod] = cluster.list('Pod', 'shop');
    expect(listAt(pod, 'status', 'containerStatuses')[0]).toMatchObject({
      ready: false,
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
    });
    isBroken = false;
    clock.advance(15_000);
    expect(status(cluster)).toMatchObject({ readyReplicas: 1 });
  });

  it('repeats itself exactly with the same clock and uids', () => {
    const run = (): unknown => {
      const { cluster, clock } = testCluster();
      cluster.create(workload('Deployment'));
      clock.advance(5_000);
      changed(cluster, 'Deployment', { template: templateOf('registry.example/web:2') });
      clock.advance(30_000);
      return [cluster.list('Deployment'), cluster.list('ReplicaSet'), cluster.list('Pod'), cluster.list('Event')];
    };
    expect(run()).toEqual(run());
  });
});
