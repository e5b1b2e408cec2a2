import type { AnyAction } from '../actions/action.ts';
import { protectedBy } from '../guards/protected-by.ts';
import type { Protection } from '../guards/guard.ts';
import type { CompiledRule, CompiledRung } from '../rule/compiled-rule.ts';
import type { Problem } from '../rule/load.ts';
import { formatTarget, type Target } from '../value/target.ts';
import { known } from './doctor/known.ts';
import { probeAlerts, unknowns } from './rights/probe-alerts.ts';

/** Warns of steps that act, whatever the alert, on what the configuration protects: they are denied whenever they are tried. */
export function checkTargets(
  rules: readonly CompiledRule[],
  { actions, protection }: { readonly actions: ReadonlyMap<string, AnyAction>; readonly protection: Protection },
): readonly Problem[] {
  return rules.flatMap((rule) =>
    rule.ladder.flatMap((rung) => {
      const targets = targetsOf(rule, rung, actions).map((target) => protectedBy(target, protection));
      return [...new Set(targets)].flatMap((why): readonly Problem[] => {
        if (why === undefined) return [];
        const message = `rule ${rule.name}: rung ${rung.remediation} is denied for every alert: ${why}`;
        return [{ severity: 'warning', file: rule.file, line: rule.line, column: 1, message }];
      });
    }),
  );
}

/** What the rung changes that no alert decides. */
function targetsOf(rule: CompiledRule, rung: CompiledRung, actions: ReadonlyMap<string, AnyAction>): readonly Target[] {
  const alerts = unknowns.flatMap((unknown) => probeAlerts(rule, unknown));
  const tried = alerts.map((alert) => known(() => rung.probe(alert).map((step) => targetOf(step, actions))));
  const [first] = tried;
  if (first === undefined || tried.includes(undefined)) return [];
  return first.filter(
    (target, index): target is Target =>
      target !== undefined &&
      tried.every((targets) => {
        const other = targets?.[index];
        return other !== undefined && formatTarget(other) === formatTarget(target);
      }),
  );
}

function targetOf({ action: name, params }: ReturnType<CompiledRung['probe']>[number], actions: ReadonlyMap<string, AnyAction>) {
  const action = actions.get(name);
  if (action === undefined || action.effect === 'read' || action.isAside === true) return undefined;
  // What only reading tells may have been filled with something that does not parse.
  return action.params.safeParse(params).success ? action.target(params as never) : undefined;
}
