import { FixpointError } from '../../errors.ts';
import { kubernetesKind } from '../../value/kubernetes-kind.ts';
import { isDnsLabel, isDnsSubdomain } from '../../value/name.ts';
import { printable } from '../../value/printable.ts';

export interface ResourcePlace {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: 'scale' | 'status' | 'log' | 'eviction' | 'exec';
}

/** The request path of an object or collection. What comes from labels is held to the API's rules for names, so that nothing can leave its place. */
export function pathOf({ apiVersion, kind, namespace, name, subresource }: ResourcePlace): string {
  const resource = kubernetesKind(apiVersion, kind);
  if (resource === undefined)
    throw new FixpointError('kubernetes.invalid', `this version does not know the kind ${printable(`${apiVersion}/${kind}`)}`);
  if (namespace !== undefined && !isDnsLabel(namespace)) throw notAName(namespace, 'namespace');
  if (name !== undefined && !isDnsSubdomain(name)) throw notAName(name, kind);
  if (resource.namespaced && name !== undefined && namespace === undefined)
    throw new FixpointError('kubernetes.invalid', `${kind} ${name} needs a namespace`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const inNamespace = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  return `${root}${inNamespace}/${resource.plural}${name === undefined ? '' : `/${name}`}${subresource === undefined ? '' : `/${subresource}`}`;
}

function notAName(text: string, what: string): FixpointError {
  return new FixpointError('kubernetes.invalid', `${printable(text)} is no name of a ${what}`);
}
