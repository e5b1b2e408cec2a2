import { apiGroups, resources } from '../resource.ts';
import type { Resource } from '../resource.ts';
import { noSuchResource, notSimulated } from '../status-error.ts';

/** What a path of the API names; `name` is empty for a collection. */
export interface Route {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** Groups and resources of a real server that the sandbox leaves out: 501, where unknown ones are 404. */
const leftOutGroups = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'events.k8s.io',
  'networking.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);
const leftOutResources = new Set([
  'bindings',
  'componentstatuses',
  'endpoints',
  'limitranges',
  'persistentvolumeclaims',
  'persistentvolumes',
  'podtemplates',
  'replicationcontrollers',
]);

/** Undefined for paths outside the API groups, which a server answers with a plain text. */
export function parseRoute(path: string): Route | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const [root, ...rest] = parts;
  if (root === 'api' && rest[0] === 'v1') return routeIn('', 'v1', rest.slice(1));
  if (root !== 'apis') return undefined;
  const [group = '', version = '', ...inside] = rest;
  if (leftOutGroups.has(group) && version !== '') throw notSimulated(`the API group ${group}`);
  if (!apiGroups.includes(group) || group === '') return undefined;
  if (!resources.some((resource) => resource.group === group && resource.version === version)) {
    if (group === 'autoscaling' && version === 'v1') throw notSimulated('autoscaling/v1');
    return undefined;
  }
  return routeIn(group, version, inside);
}

function routeIn(group: string, version: string, parts: readonly string[]): Route | undefined {
  const find = (plural: string | undefined): Resource | undefined =>
    resources.find((resource) => resource.group === group && resource.version === version && resource.plural === plural);
  if (parts.length === 0) return undefined;
  if (group === '' && parts[0] === 'namespaces' && parts.length <= 2) {
    const resource = find('namespaces');
    return resource === undefined ? undefined : { resource, namespace: '', name: parts[1] ?? '', subresource: '' };
  }
  const isNamespaced = parts[0] === 'namespaces' && parts.length > 2;
  const [plural, name = '', subresource = '', ...extra] = isNamespaced ? parts.slice(2) : parts;
  const resource = find(plural);
  if (resource === undefined) {
    if (subresource === '' && leftOutResources.has(plural ?? '')) throw notSimulated(`the resource ${plural}`);
    throw noSuchResource();
  }
  if (extra.length > 0 || (!isNamespaced && name !== '' && resource.isNamespaced)) throw noSuchResource();
  if (subresource !== '' && !resource.subresources.includes(subresource)) {
    if (resource.kind === 'Pod' || resource.kind === 'ServiceAccount') throw notSimulated(`${resource.plural}/${subresource}`);
    throw noSuchResource();
  }
  return { resource, namespace: isNamespaced ? (parts[1] ?? '') : '', name, subresource };
}
