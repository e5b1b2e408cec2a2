import { FixpointError } from '../../errors.ts';
import type { KubernetesWriter } from '../../ports/kubernetes.ts';
import type { Json } from '../../value/json.ts';
import { secretNamesIn } from '../../value/secret-marker.ts';
import type { ClusterApi } from './connection.ts';
import { recordEvent, type EventSettings } from './event.ts';
import { runInPod } from './exec.ts';
import { asObject, clusterNamed } from './reader.ts';
import { pathOf } from './resources.ts';

/** Who changed a field, in `managedFields`. */
const fieldManager = 'fixpoint';

const contentTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/**
 * Mutating requests under our field manager; `permit` is asked right before each, rehearsals excepted, and stops it by rejecting.
 * Without `events` no traces are left.
 */
export function createKubernetesWriter(
  clusters: ReadonlyMap<string, ClusterApi>,
  permit: (neededMs?: number) => Promise<void>,
  events?: EventSettings,
): KubernetesWriter {
  return {
    async patch({ ref, subresource, type, body, dryRun = false }, signal) {
      const cluster = clusterNamed(clusters, ref.cluster);
      const path = pathOf({ ...ref, ...(subresource === undefined ? {} : { subresource }) });
      const text = withoutSecrets(body, path);
      if (!dryRun) await permit();
      return asObject(
        await cluster.send({ method: 'PATCH', path, query: queryFor(dryRun), contentType: contentTypes[type], body: text, signal }),
        path,
      );
    },
    async create(ref, body, { dryRun = false, signal }) {
      const cluster = clusterNamed(clusters, ref.cluster);
      const { name: _name, ...collection } = ref;
      const path = pathOf(collection);
      const text = withoutSecrets(body, path);
      if (!dryRun) await permit();
      return asObject(
        await cluster.send({ method: 'POST', path, query: queryFor(dryRun), contentType: 'application/json', body: text, signal }),
        path,
      );
    },
    async evict({ uid, ...ref }, signal) {
      const cluster = clusterNamed(clusters, ref.cluster);
      const path = pathOf({ ...ref, subresource: 'eviction' });
      const metadata = { name: ref.name, namespace: ref.namespace };
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata, deleteOptions: { preconditions: { uid } } };
      await permit();
      await cluster.send({
        method: 'POST',
        path,
        query: queryFor(false),
        contentType: 'application/json',
        body: JSON.stringify(body),
        signal,
      });
    },
    async delete({ uid, ...ref }, signal) {
      const cluster = clusterNamed(clusters, ref.cluster);
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' };
      const path = pathOf(ref);
      await permit();
      await cluster.send({ method: 'DELETE', path, contentType: 'application/json', body: JSON.stringify(body), signal });
    },
    async exec(request, signal) {
      const cluster = clusterNamed(clusters, request.cluster);
      withoutSecrets(request.argv, 'exec');
      await permit(request.timeoutMs);
      return await runInPod(cluster, request, signal);
    },
    async trace(about, trace, signal) {
      // A record of what has happened is no effect: it asks for no permission.
      if (events !== undefined) await recordEvent({ cluster: clusterNamed(clusters, about.cluster), about, trace, signal }, events);
    },
  };
}

function queryFor(dryRun: boolean): Readonly<Record<string, string>> {
  return { fieldManager, ...(dryRun ? { dryRun: 'All' } : {}) };
}

/** Secrets are resolved for HTTP requests only: an object of the API would show them to everyone who may read it. */
function withoutSecrets(body: Json, path: string): string {
  const text = JSON.stringify(body);
  const [name] = secretNamesIn(text);
  if (name !== undefined) throw new FixpointError('kubernetes.invalid', `${path}: the secret ${name} must not be written into an object`);
  return text;
}
