import type { Replica } from '../ports/replicas.ts';

export function replicasById(a: Replica, b: Replica): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
