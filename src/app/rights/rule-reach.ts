import { actions } from '../../actions/catalogue.ts';
import { limited, type Wisher } from '../../pipeline/within.ts';
import type { Alert } from '../../alert/alert.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { known } from '../doctor/known.ts';
import { probeAlerts, unknowns } from './probe-alerts.ts';

/** Throws `auth.forbidden` where a rule may act outside the namespaces of whoever wishes. */
export function assertRuleWithin(name: string, rule: CompiledRule | undefined, wisher: Wisher): void {
  const { within } = wisher;
  if (within === undefined) return;
  const reach = rule === undefined ? undefined : reachOf(rule);
  if (reach === undefined) throw limited(wisher, `rule ${name.slice(0, 200)} acts where an alert says, or on what is in no namespace`);
  const outside = reach.find((namespace) => !within.includes(namespace));
  if (outside !== undefined) throw limited(wisher, `rule ${name} acts in ${outside}`);
}

/** The namespaces of all that a rule changes; undefined where an alert decides them, or what is changed is in none. */
function reachOf(rule: CompiledRule): readonly string[] | undefined {
  const [ones = [], others = []] = unknowns.map((unknown) => probeAlerts(rule, unknown).map((alert) => namespacesFor(rule, alert)));
  const pairs = ones.map((one, index) => (one?.join() === others[index]?.join() ? one : undefined));
  return pairs.length > 0 && pairs.every((namespaces) => namespaces !== undefined) ? pairs.flat() : undefined;
}

function namespacesFor(rule: CompiledRule, alert: Alert): readonly string[] | undefined {
  const steps = rule.ladder.map((rung) => known(() => rung.probe(alert)));
  if (steps.includes(undefined)) return undefined;
  const namespaces = steps.flat().flatMap((step) => {
    const action = step === undefined ? undefined : actions.get(step.action);
    if (step === undefined || action === undefined) return [undefined];
    if (action.effect === 'read' || action.isAside === true) return [];
    const target = known(() => action.target(step.params as never));
    return [target?.technology === 'kubernetes' ? target.namespace : undefined];
  });
  return namespaces.every((namespace) => namespace !== undefined) ? namespaces : undefined;
}
