import { expect } from 'vitest';
import type { JsonObject } from '../../../src/value/json.ts';
import { PracticeCluster, type PracticeOptions } from './practice-cluster.ts';
import { workloadOf } from './practice-objects.ts';
import { planOf } from './world.ts';

/** A cluster with one workload, `app/web` where not wished otherwise. */
export function withWeb(options: PracticeOptions = {}, wish: Parameters<typeof workloadOf>[0] = {}): PracticeCluster {
  const practice = new PracticeCluster(options);
  practice.add(workloadOf(wish));
  return practice;
}

/** What a reading action puts out; it plans no change. */
export async function outputOf<T>(practice: PracticeCluster, action: string, params: JsonObject): Promise<T> {
  const { changes, intent, output } = await planOf(`kubernetes.${action}`, params, practice.context);
  expect([changes, intent]).toEqual([[], null]);
  return output as T;
}
