import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Incident } from '../run/incident.ts';
import type { Run, RungRecord } from '../run/run.ts';
import { contentHash } from '../value/json.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';
import { planHash } from './plan-hash.ts';
import { planRung } from './plan-rung.ts';

/** How long planning a whole ladder anew may take, ms. */
const longest = 30_000;

/** Whether a rule that only plans would plan something else by now than its newest run did. Only reads. */
export async function isPlanOutdated(
  engine: Engine,
  { incident, rule, last }: { incident: Incident; rule: CompiledRule; last: Run },
): Promise<boolean> {
  if (last.definition !== rule.hash) return true;
  const limit = { clock: engine.clock, length: longest, what: `planning rule ${rule.name} anew` };
  return await within(limit, async (signal) => {
    for (const [index, compiled] of rule.ladder.entries()) {
      const rung = await planRung(engine, { run: last, incident, compiled, ruleValues: rule.values, signal });
      const before = last.rungs[index];
      if (before === undefined || planOf(last, index, before) !== planOf(last, index, rung)) return true;
    }
    return false;
  });
}

/** Parameters and where each change starts; stamps differ between plannings and say nothing. */
function planOf(run: Run, index: number, rung: RungRecord): string {
  return contentHash({ params: rung.params, state: rung.state, plan: planHash({ ...run, rung: index }, rung) });
}
