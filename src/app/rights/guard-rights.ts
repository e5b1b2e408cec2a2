import type { AnyAction, Permission } from '../../actions/action.ts';
import type { Fleet, Requirement } from '../../rule/guard-settings.ts';
import { kubernetesKind } from '../../value/kubernetes-kind.ts';
import { kindNamed, kindOfTarget, type KindName } from '../../value/kubernetes-name.ts';

/** What a pod may turn out to be owned by; protectedTarget denies other owners without asking. */
const ownersOfPods = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'];

/** The target, as protectedTarget reads it before each effect; of a pod what may own it, for plan then names the owner. */
export function targetRights(action: AnyAction, params: unknown): readonly Permission[] {
  const target = action.effect === 'read' ? undefined : action.target(params as never);
  if (target?.technology !== 'kubernetes') return [];
  const { cluster, namespace, kind, name } = target;
  const place = { cluster, ...(namespace === undefined ? {} : { namespace }) };
  const owners = kind === 'pod' ? ownersOfPods.map(kindNamed) : [];
  return [
    ...rightsOn(kindOfTarget(kind), { ...place, verbs: ['get'], name }),
    ...owners.flatMap((owner) => rightsOn(owner, { ...place, verbs: ['get'] })),
  ];
}

/** The fleet, as blastRadius and alertStorm count it. */
export function fleetRights({ cluster, kind, namespace }: Fleet): readonly Permission[] {
  return rightsOn(kindNamed(kind), { cluster, ...(namespace === undefined ? {} : { namespace }), verbs: ['list'] });
}

/** The objects that `requires` looks at. */
export function requirementRights(requires: readonly Requirement[]): readonly Permission[] {
  return requires.flatMap((requirement) => {
    if (requirement.kind !== 'object') return [];
    const { cluster, namespace, name, ...kind } = requirement.object;
    return rightsOn(kind, { cluster, ...(namespace === undefined ? {} : { namespace }), verbs: ['get'], name });
  });
}

function rightsOn(known: KindName | undefined, { namespace, ...wanted }: Omit<Permission, 'apiGroup' | 'resource'>): readonly Permission[] {
  const kind = known === undefined ? undefined : kubernetesKind(known.apiVersion, known.kind);
  if (known === undefined || kind === undefined) return [];
  const [group = '', version] = known.apiVersion.split('/');
  const place = kind.namespaced && namespace !== undefined ? { namespace } : {};
  return [{ ...wanted, ...place, apiGroup: version === undefined ? '' : group, resource: kind.plural }];
}
