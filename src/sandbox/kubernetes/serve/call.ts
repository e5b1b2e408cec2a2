import type { SandboxRequest } from '../../listen.ts';
import type { ServedCluster } from '../cluster.ts';
import type { KubernetesObject } from '../object.ts';
import { notFound, StatusError } from '../status-error.ts';
import type { Route } from './route.ts';

/** One request on its way: where it goes and what it may use. */
export interface Call {
  readonly request: SandboxRequest;
  readonly route: Route;
  readonly cluster: ServedCluster;
  readonly signal: AbortSignal;
}

/** The object the path names; 404 where there is none. */
export function target({ cluster, route }: Call): KubernetesObject {
  const object = cluster.store.get(route.resource.kind, route.namespace, route.name);
  if (object === undefined) throw notFound(route.resource, route.name);
  return object;
}

/** Whether this is a rehearsal; values other than `All` are 422. `options` names the type the answer blames. */
export function isDryRun(request: SandboxRequest, options: string): boolean {
  const values = request.query.getAll('dryRun');
  const wrong = values.filter((value) => value !== 'All');
  if (wrong.length === 0) return values.length > 0;
  const message = `Unsupported value: []string{${values.map((value) => JSON.stringify(value)).join(', ')}}: supported values: "All"`;
  throw new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${options}.meta.k8s.io "" is invalid: dryRun: ${message}`,
    details: { group: 'meta.k8s.io', kind: options, causes: [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }] },
  });
}
