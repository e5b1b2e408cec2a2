import { FixpointError } from '../../errors.ts';
import { kubernetesKind, type KubernetesKind } from '../../value/kubernetes-kind.ts';
import { isDnsLabel, isDnsSubdomain } from '../../value/name.ts';
import { printable } from '../../value/printable.ts';

export interface ResourcePlace {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Of a custom resource. */
  readonly plural?: string;
  readonly subresource?: 'scale' | 'status' | 'log' | 'eviction' | 'exec';
}

/** The request path of an object or collection. What comes from labels is held to the API's rules for names, so that nothing can leave its place. */
export function pathOf({ apiVersion, kind, namespace, name, plural, subresource }: ResourcePlace): string {
  const resource = kubernetesKind(apiVersion, kind) ?? customKind({ apiVersion, kind, plural, namespaced: namespace !== undefined });
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

/** A kind that only its rule knows, held to the API's rules for groups and resources. */
function customKind({ apiVersion, kind, plural, namespaced }: CustomKind): KubernetesKind | undefined {
  if (plural === undefined || kind === 'Secret') return undefined;
  const [group = '', version = '', ...rest] = apiVersion.split('/');
  const isLegal = rest.length === 0 && group.includes('.') && isDnsSubdomain(group) && isDnsLabel(version) && isDnsLabel(plural);
  return isLegal ? { plural, namespaced } : undefined;
}

interface CustomKind extends Pick<ResourcePlace, 'apiVersion' | 'kind'> {
  readonly plural: string | undefined;
  readonly namespaced: boolean;
}

function notAName(text: string, what: string): FixpointError {
  return new FixpointError('kubernetes.invalid', `${printable(text)} is no name of a ${what}`);
}
