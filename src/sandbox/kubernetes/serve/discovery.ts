import type { PlainObject } from '../plain.ts';
import { apiGroups, resources } from '../resource.ts';
import type { Resource } from '../resource.ts';

/** What clients ask before anything else: groups, resources and the version. Undefined for other paths. Not backed by a recording. */
export function discovery(path: string): PlainObject | undefined {
  switch (path.replace(/\/$/, '')) {
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: apiGroups.filter((group) => group !== '').map(groupOf) };
    case '/version':
      return {
        major: '1',
        minor: '32',
        gitVersion: 'v1.32.13+sandbox',
        gitCommit: '',
        gitTreeState: '',
        buildDate: '',
        goVersion: '',
        compiler: '',
        platform: '',
      };
    default:
      return groupAt(path);
  }
}

function groupAt(path: string): PlainObject | undefined {
  const [, root, ...rest] = path.replace(/\/$/, '').split('/');
  if (root === 'api' && rest.join('/') === 'v1') return resourceList('', 'v1');
  if (root !== 'apis' || rest.length === 0 || rest.length > 2) return undefined;
  const [group = '', version] = rest;
  if (group === '' || !apiGroups.includes(group)) return undefined;
  if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) };
  return resources.some((resource) => resource.group === group && resource.version === version) ? resourceList(group, version) : undefined;
}

function groupOf(group: string): PlainObject {
  const versions = [...new Set(resources.filter((resource) => resource.group === group).map((resource) => resource.version))];
  const named = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: named, preferredVersion: named[0] };
}

function resourceList(group: string, version: string): PlainObject {
  const served = resources.filter((resource) => resource.group === group && resource.version === version);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: served.flatMap((resource) => [entryOf(resource), ...resource.subresources.map((name) => subresourceOf(resource, name))]),
  };
}

function entryOf(resource: Resource): PlainObject {
  const { plural, singular, isNamespaced, kind, verbs, shortNames } = resource;
  const categories = ['Deployment', 'ReplicaSet', 'StatefulSet', 'Pod', 'Service', 'HorizontalPodAutoscaler'].includes(kind)
    ? { categories: ['all'] }
    : {};
  return {
    name: plural,
    singularName: singular,
    namespaced: isNamespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...categories,
  };
}

function subresourceOf(resource: Resource, name: string): PlainObject {
  const base = { name: `${resource.plural}/${name}`, singularName: '', namespaced: resource.isNamespaced };
  switch (name) {
    case 'scale':
      return { ...base, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
    case 'eviction':
      return { ...base, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
    case 'exec':
      return { ...base, kind: 'PodExecOptions', verbs: ['create', 'get'] };
    case 'log':
      return { ...base, kind: 'Pod', verbs: ['get'] };
    default:
      return { ...base, kind: resource.kind, verbs: ['get', 'patch', 'update'] };
  }
}
