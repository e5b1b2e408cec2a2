import type { Scope } from '../rule/compiled-rule.ts';
import type { Incident } from '../run/incident.ts';
import type { Run, RungRecord } from '../run/run.ts';
import type { Json } from '../value/json.ts';
import { alertOf } from './new-run.ts';

/** What the templates of a rung see: the opening alert, the members, and what its steps have put out so far. */
export function scopeOf(run: Run, incident: Incident | undefined, rung?: Pick<RungRecord, 'params' | 'steps' | 'values'>): Scope {
  const alert = alertOf(run);
  const alerts = incident === undefined || incident.members.length === 0 ? [alert] : incident.members.map((member) => member.alert);
  if (rung === undefined) return { alert, alerts };
  const steps: Record<string, { output: Json }> = {};
  for (const step of rung.steps) if (step.output !== undefined) steps[step.id] = { output: step.output };
  return { alert, alerts, params: rung.params, steps, ...(rung.values === undefined ? {} : { values: rung.values }) };
}
