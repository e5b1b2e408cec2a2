import type { LiveReplica, Replicas } from '../../ports/replicas.ts';
import { replicasById } from '../replica-order.ts';
import { plainCopy } from './plain-copy.ts';

export function memoryReplicas(now: () => number): Replicas {
  const replicas = new Map<string, LiveReplica>();
  return {
    async announce(replica, life) {
      const at = now();
      replicas.set(replica.id, plainCopy({ ...replica, until: at + life }));
      for (const { id, until } of replicas.values()) if (until <= at) replicas.delete(id);
      return [...replicas.values()].toSorted(replicasById);
    },
    async depart(id) {
      replicas.delete(id);
    },
  };
}
