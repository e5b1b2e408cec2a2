import { afterEach, expect } from 'vitest';
import { ClusterConnection, type ClusterSettings } from '../../../src/adapters/kubernetes/connection.ts';
import { createKubernetesReader } from '../../../src/adapters/kubernetes/reader.ts';
import { createKubernetesWriter } from '../../../src/adapters/kubernetes/writer.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { ObjectRef } from '../../../src/ports/kubernetes.ts';

const open: ClusterConnection[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
});

/** The adapter on one cluster, `default`; closed after the test. */
export function clientOf(settings: ClusterSettings | string, permit: () => Promise<void> = () => Promise.resolve()) {
  const connection = new ClusterConnection('default', typeof settings === 'string' ? { kind: 'server', server: settings } : settings);
  open.push(connection);
  const clusters = new Map([['default', connection]]);
  return { reader: createKubernetesReader(clusters), writer: createKubernetesWriter(clusters, permit) };
}

export function deployment(namespace: string, name: string): ObjectRef {
  return { cluster: 'default', apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
}

export const signal = (): AbortSignal => AbortSignal.timeout(10_000);

export async function failureOf(promise: Promise<unknown>): Promise<FixpointError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(FixpointError);
  return error as FixpointError;
}
