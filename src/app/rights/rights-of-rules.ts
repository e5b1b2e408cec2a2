import type { AnyAction, Permission } from '../../actions/action.ts';
import type { Alert } from '../../alert/alert.ts';
import { FixpointError, messageOf } from '../../errors.ts';
import type { AccessQuestion } from '../../ports/kubernetes.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { strictestMode, type Mode } from '../../rule/mode.ts';
import { fleetRights, requirementRights, targetRights } from './guard-rights.ts';
import { probeAlerts, unknowns } from './probe-alerts.ts';

/** One verb on one resource of one cluster, and the rules it is for. Without a name on all objects, without a namespace in all. */
export interface Right extends AccessQuestion {
  readonly rules: readonly string[];
}

export interface Rights {
  readonly rights: readonly Right[];
  /** What could not be told without an alert. */
  readonly problems: readonly string[];
}

const readingVerbs = new Set(['get', 'list', 'watch']);

/** Verbs that have no object's name for roles to compare with (fact 25). */
const namelessVerbs = new Set(['list', 'watch', 'create', 'deletecollection']);

/** What the rules need of Kubernetes, each as far as its mode goes: nothing to observe, reading to plan, all of it to act. */
export function rightsOfRules(
  rules: readonly CompiledRule[],
  { actions, limit }: { readonly actions: ReadonlyMap<string, AnyAction>; readonly limit?: Mode },
): Rights {
  const rights = new Map<string, Right>();
  const problems = new Set<string>();
  for (const rule of rules) {
    for (const rung of rule.ladder) {
      const mode = strictestMode(rule.mode, rung.mode, ...(limit === undefined ? [] : [limit]));
      if (mode === 'observe') continue;
      const { fleet } = rule.guards.blastRadius ?? {};
      const ofFleet = mode === 'plan' || fleet === undefined ? [] : fleetRights(fleet);
      const found = permissionsOf(rule, { rung, mode, actions, problems });
      const ofRequirements = mode === 'plan' ? [] : requirementRights(rule.guards.requires);
      for (const permission of [...found, ...ofFleet, ...ofRequirements])
        for (const right of rightsIn(permission, mode, rule.name)) add(rights, right);
    }
  }
  return { rights: withoutCovered([...rights.values()]), problems: [...problems] };
}

interface Probing {
  readonly rung: CompiledRule['ladder'][number];
  readonly mode: Mode;
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly problems: Set<string>;
}

/** What the steps of a rung need, and the guards before them; name and namespace only where no alert decides them. */
function permissionsOf(rule: CompiledRule, { rung, mode, actions, problems }: Probing): readonly Permission[] {
  const [ones, others] = unknowns.map((unknown) => probeAlerts(rule, unknown));
  const needsOf = (alert: Alert) =>
    rung.probe(alert).flatMap(({ action: name, params }) => {
      const action = actions.get(name);
      if (action === undefined) return [];
      const own = action.permissions(params as never);
      return mode === 'plan' ? own : withNamespaces([...own, ...targetRights(action, params)]);
    });
  return (ones ?? []).flatMap((one, index) => {
    try {
      const [first = [], second = []] = [one, others?.[index] ?? one].map(needsOf);
      return first.map((permission, place) => whereAlike(permission, second[place]));
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      problems.add(
        `rule ${rule.name}, rung ${rung.remediation}: the rights it needs cannot be told without an alert (${messageOf(error)})`,
      );
      return [];
    }
  });
}

/** Before anything is changed, a guard asks the namespace whether its owner lets it be touched. */
function withNamespaces(permissions: readonly Permission[]): readonly Permission[] {
  return permissions.flatMap((permission) => {
    const { cluster, namespace, resource, verbs } = permission;
    // An Event is a trace and no target; that of a node is in a namespace which the node is not.
    if (namespace === undefined || resource === 'events' || verbs.every((verb) => readingVerbs.has(verb))) return [permission];
    return [permission, { cluster, namespace, apiGroup: '', resource: 'namespaces', verbs: ['get'], name: namespace }];
  });
}

function whereAlike({ name, namespace, ...permission }: Permission, other: Permission | undefined): Permission {
  return {
    ...permission,
    ...(name !== undefined && name === other?.name ? { name } : {}),
    ...(namespace !== undefined && namespace === other?.namespace ? { namespace } : {}),
  };
}

function rightsIn({ verbs, name, ...permission }: Permission, mode: Mode, rule: string): readonly Right[] {
  const { resource } = permission;
  return verbs
    .filter((verb) => mode !== 'plan' || (readingVerbs.has(verb) && resource !== 'pods/exec'))
    .map((verb) => {
      const isNamed = name !== undefined && (!namelessVerbs.has(verb) || resource.includes('/'));
      return { ...permission, verb, ...(isNamed ? { name } : {}), rules: [rule] };
    });
}

function keyOf({ cluster, namespace, apiGroup, resource, verb, name }: Omit<Right, 'rules'>): string {
  return JSON.stringify([cluster, namespace, apiGroup, resource, verb, name]);
}

function add(rights: Map<string, Right>, right: Right): void {
  const known = rights.get(keyOf(right));
  rights.set(keyOf(right), known === undefined ? right : { ...known, rules: [...new Set([...known.rules, ...right.rules])] });
}

/** Without what another right grants for all names, or for all namespaces. */
function withoutCovered(rights: readonly Right[]): readonly Right[] {
  const keys = new Set(rights.map(keyOf));
  const covers = ({ name: _name, namespace: _namespace, ...right }: Right) => [
    { ...right, ...(_namespace === undefined ? {} : { namespace: _namespace }) },
    { ...right, ...(_name === undefined ? {} : { name: _name }) },
    right,
  ];
  return rights.filter((right) => !covers(right).some((wider) => keyOf(wider) !== keyOf(right) && keys.has(keyOf(wider))));
}
