import type { JsonObject } from '../../value/json.ts';
import type { Right } from './rights-of-rules.ts';

export interface Account {
  readonly namespace: string;
  readonly name: string;
  /** Of the roles and bindings; the account's unless told. */
  readonly roleName?: string;
}

const rbacGroup = 'rbac.authorization.k8s.io';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Roles, ClusterRoles and their bindings to an account, for the rights in one cluster: one Role a namespace, one ClusterRole for the rest. */
export function rbacManifests(rights: readonly Right[], account: Account): readonly JsonObject[] {
  const namespaces = [...new Set(rights.map(({ namespace }) => namespace ?? ''))].toSorted();
  const { roleName = account.name } = account;
  const subjects = [{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }];
  return namespaces.flatMap((namespace) => {
    const rules = rulesFor(rights.filter((right) => (right.namespace ?? '') === namespace));
    const isEverywhere = namespace === '';
    const kind = isEverywhere ? 'ClusterRole' : 'Role';
    const metadata = { name: roleName, ...(isEverywhere ? {} : { namespace }) };
    const roleRef = { apiGroup: rbacGroup, kind, name: roleName };
    return [
      { apiVersion: `${rbacGroup}/v1`, kind, metadata, rules } as unknown as JsonObject,
      { apiVersion: `${rbacGroup}/v1`, kind: `${kind}Binding`, metadata, roleRef, subjects },
    ];
  });
}

/** As few rules as say it: verbs that are for the same names of a resource, and resources of a group that are alike, stand together. */
function rulesFor(rights: readonly Right[]): readonly Rule[] {
  const byVerb = grouped(rights, ({ apiGroup, resource, verb }) => [apiGroup, resource, verb]).map((same) => {
    const [{ apiGroup, resource, verb }] = same;
    return { apiGroup, resource, verb, names: sorted(same.flatMap(({ name }) => name ?? [])) };
  });
  const byResource = grouped(byVerb, ({ apiGroup, resource, names }) => [apiGroup, resource, names]).map((same) => {
    const [{ apiGroup, resource, names }] = same;
    return { apiGroup, resource, names, verbs: sorted(same.map(({ verb }) => verb)) };
  });
  return grouped(byResource, ({ apiGroup, names, verbs }) => [apiGroup, names, verbs]).map((same) => {
    const [{ apiGroup, names, verbs }] = same;
    const resources = sorted(same.map(({ resource }) => resource));
    return { apiGroups: [apiGroup], resources, ...(names.length === 0 ? {} : { resourceNames: names }), verbs };
  });
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => unknown): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [item]);
    else known.push(item);
  }
  return [...groups.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}
