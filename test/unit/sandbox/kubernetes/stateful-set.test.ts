import { describe, expect, it } from 'vitest';
import { numberAt, objectAt } from '../../../../src/sandbox/kubernetes/plain.ts';
import { changed, templateOf, testCluster, workload } from './workload.ts';

const set = { serviceName: 'web' };

describe('a StatefulSet', () => {
  it('starts its pods one after the other', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('StatefulSet', set));
    clock.advance(2_000);
    expect(cluster.list('Pod', 'shop').map(({ metadata }) => metadata.name)).toEqual(['web-0']);
    clock.advance(10_000);
    expect(cluster.list('Pod', 'shop').map(({ metadata }) => metadata.name)).toEqual(['web-0', 'web-1', 'web-2']);
    expect(objectAt(cluster.get('StatefulSet', 'shop', 'web'), 'status')).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
    });
  });

  it('restarts from the highest ordinal down, one at a time, and then moves its current revision', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('StatefulSet', set));
    clock.advance(15_000);
    const order: string[] = [];
    const ready: number[] = [];
    cluster.onChange(({ type, object }) => {
      if (type === 'DELETED' && object.kind === 'Pod') order.push(object.metadata.name);
      if (object.kind === 'StatefulSet') ready.push(numberAt(object, 'status', 'readyReplicas') ?? 0);
    });
    changed(cluster, 'StatefulSet', { template: templateOf('registry.example/web:2') });
    clock.advance(60);
    const during = objectAt(cluster.get('StatefulSet', 'shop', 'web'), 'status');
    expect(during['currentRevision']).not.toBe(during['updateRevision']);
    clock.advance(30_000);
    expect(order).toEqual(['web-2', 'web-1', 'web-0']);
    expect(Math.min(...ready)).toBe(2);
    const after = objectAt(cluster.get('StatefulSet', 'shop', 'web'), 'status');
    expect(after['currentRevision']).toBe(after['updateRevision']);
    expect(cluster.list('ControllerRevision', 'shop')).toHaveLength(2);
  });

  it('does not replace a broken pod after a roll-back until somebody deletes it', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('StatefulSet', set));
    clock.advance(15_000);
    changed(cluster, 'StatefulSet', { template: templateOf('registry.example/web:bad') });
    clock.advance(15_000);
    changed(cluster, 'StatefulSet', { template: templateOf('registry.example/web:1') });
    clock.advance(60_000);
    const stuck = objectAt(cluster.get('StatefulSet', 'shop', 'web'), 'status');
    expect(stuck).toMatchObject({ readyReplicas: 2 });
    expect(stuck['currentRevision']).toBe(stuck['updateRevision']);
    const broken = cluster.get('Pod', 'shop', 'web-2');
    if (broken !== undefined) cluster.delete(broken);
    clock.advance(10_000);
    expect(objectAt(cluster.get('StatefulSet', 'shop', 'web'), 'status')).toMatchObject({ readyReplicas: 3 });
  });

  it('updates only from its partition on and scales down from the top', () => {
    const { cluster, clock } = testCluster();
    cluster.create(workload('StatefulSet', { ...set, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } }));
    clock.advance(15_000);
    changed(cluster, 'StatefulSet', { template: templateOf('registry.example/web:2') });
    clock.advance(15_000);
    const revisions = cluster.list('Pod', 'shop').map(({ metadata }) => metadata.labels?.['controller-revision-hash']);
    expect(revisions[0]).toBe(revisions[1]);
    expect(revisions[2]).not.toBe(revisions[0]);
    changed(cluster, 'StatefulSet', { replicas: 1 });
    clock.advance(10_000);
    expect(cluster.list('Pod', 'shop').map(({ metadata }) => metadata.name)).toEqual(['web-0']);
  });
});
