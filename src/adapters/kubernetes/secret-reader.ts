import { FixpointError } from '../../errors.ts';
import { isDnsLabel, isDnsSubdomain } from '../../value/name.ts';
import type { ClusterApi } from './connection.ts';

/** The text under a key of a Secret. Throws `kubernetes.*`, `kubernetes.not-found` also where the Secret has no such key. */
export async function readSecretKey(
  cluster: ClusterApi,
  { namespace, name, key }: { readonly namespace: string; readonly name: string; readonly key: string },
  signal: AbortSignal,
): Promise<string> {
  if (!isDnsLabel(namespace) || !isDnsSubdomain(name))
    throw new FixpointError('kubernetes.invalid', `${namespace}/${name} is no name of a Secret`);
  const answer = (await cluster.send({ method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets/${name}`, signal })) as {
    readonly data?: Readonly<Record<string, unknown>> | null;
  };
  const data = answer.data ?? {};
  const encoded = Object.hasOwn(data, key) ? data[key] : undefined;
  if (typeof encoded !== 'string') throw new FixpointError('kubernetes.not-found', `the Secret ${namespace}/${name} has no key ${key}`);
  // As of a file: what editors and `kubectl create secret --from-file` leave at its end is no part of it.
  return Buffer.from(encoded, 'base64')
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
