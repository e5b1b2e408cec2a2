import type { KubernetesObject } from '../object.ts';
import { listAt, textAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import type { Store } from '../store.ts';
import { masters } from './user.ts';
import type { User } from './user.ts';
import type { Wanted } from './wanted.ts';

/** `errors`: bindings that could not be followed, told only where nothing else allows. */
export type Verdict = { readonly allowed: true; readonly reason: string } | { readonly allowed: false; readonly errors: readonly string[] };

/** What everybody who is known may do: ask what they may do. */
const basicRules: readonly PlainObject[] = [
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'] },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
];

/** Whether roles and bindings of the store let a user do something. */
export function decide(store: Store, user: User, wanted: Wanted): Verdict {
  if (user.groups.includes(masters)) return { allowed: true, reason: '' };
  const errors: string[] = [];
  if (user.groups.includes('system:authenticated') && basicRules.some((rule) => covers(rule, wanted))) return { allowed: true, reason: '' };
  for (const binding of bindingsOf(store, user, wanted.namespace)) {
    const role = roleOf(store, binding);
    const named = `${textAt(binding, 'roleRef', 'kind').toLowerCase()}.rbac.authorization.k8s.io "${textAt(binding, 'roleRef', 'name')}"`;
    if (role === undefined) errors.push(`${named} not found`);
    else if (listAt(role, 'rules').some((rule) => covers(rule, wanted))) return { allowed: true, reason: reasonOf(binding, role, user) };
  }
  return { allowed: false, errors };
}

/** The rules that are in force for a user in a namespace. */
export function rulesOf(store: Store, user: User, namespace: string): readonly PlainObject[] {
  const bound = bindingsOf(store, user, namespace).flatMap((binding) => listAt(roleOf(store, binding), 'rules'));
  return [...(user.groups.includes(masters) ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : []), ...basicRules, ...bound];
}

function bindingsOf(store: Store, user: User, namespace: string): readonly KubernetesObject[] {
  const everywhere = store.list('ClusterRoleBinding');
  const here = namespace === '' ? [] : store.list('RoleBinding', namespace);
  return [...everywhere, ...here].filter((binding) => subjectOf(binding, user) !== undefined);
}

function subjectOf(binding: KubernetesObject, user: User): PlainObject | undefined {
  return listAt(binding, 'subjects').find((subject) => {
    const name = textAt(subject, 'name');
    switch (subject['kind']) {
      case 'User':
        return name === user.name;
      case 'Group':
        return user.groups.includes(name);
      case 'ServiceAccount':
        return user.name === `system:serviceaccount:${textAt(subject, 'namespace') || (binding.metadata.namespace ?? '')}:${name}`;
      default:
        return false;
    }
  });
}

function roleOf(store: Store, binding: KubernetesObject): KubernetesObject | undefined {
  const kind = textAt(binding, 'roleRef', 'kind');
  return store.get(kind, kind === 'Role' ? (binding.metadata.namespace ?? '') : '', textAt(binding, 'roleRef', 'name'));
}

function covers(rule: PlainObject, { verb, group, resource, name }: Wanted): boolean {
  const texts = (key: string): readonly unknown[] => (Array.isArray(rule[key]) ? rule[key] : []);
  const has = (key: string, value: string): boolean => texts(key).includes(value) || texts(key).includes('*');
  const [, subresource] = resource.split('/');
  const isResource = has('resources', resource) || (subresource !== undefined && texts('resources').includes(`*/${subresource}`));
  const names = texts('resourceNames');
  return has('verbs', verb) && has('apiGroups', group) && isResource && (names.length === 0 || names.includes(name));
}

function reasonOf(binding: KubernetesObject, role: KubernetesObject, user: User): string {
  const subject = subjectOf(binding, user) ?? {};
  const { name, namespace } = binding.metadata;
  const place = namespace === undefined ? name : `${name}/${namespace}`;
  const who = `${textAt(subject, 'kind')} "${textAt(subject, 'name')}${subject['kind'] === 'ServiceAccount' ? `/${textAt(subject, 'namespace')}` : ''}"`;
  return `RBAC: allowed by ${binding.kind} "${place}" of ${role.kind} "${role.metadata.name}" to ${who}`;
}
