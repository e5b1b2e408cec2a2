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

/** Whether a rule would plan something else by now than its newest run did, which has not acted. Only reads. */
export async function isPlanOutdated(
  engine: Engine,
  { incident, rule, last }: { incident: Incident; rule: CompiledRule; last: Run },
): Promise<boolean> {
  if (last.definition !== rule.hash) return true;
  const limit = { clock: engine.clock, length: longest, what: `planning rule ${rule.name} anew` };
  return await within(limit, async (signal) => {
    for (const [index, compiled] of rule.ladder.entries()) {
      const now = await planned(engine, { run: last, incident, compiled, ruleValues: rule.values, signal });
      if (now !== undefined && differs(last, index, now)) return true;
    }
    return false;
  });
}

/** A rung that cannot be planned now says nothing: a run would pass over it. */
async function planned(engine: Engine, request: Parameters<typeof planRung>[1]): Promise<RungRecord | undefined> {
  try {
    return await planRung(engine, request);
  } catch {
    request.signal.throwIfAborted();
    return undefined;
  }
}

function differs(run: Run, index: number, now: RungRecord): boolean {
  const before = run.rungs[index];
  if (before === undefined) return true;
  const areEmpty = before.state === 'empty' && now.state === 'empty';
  return !areEmpty && planOf(run, index, before) !== planOf(run, index, now);
}

/** Parameters and where each change starts; stamps differ between plannings and say nothing. */
function planOf(run: Run, index: number, rung: RungRecord): string {
  return contentHash({ params: rung.params, state: rung.state, plan: planHash({ ...run, rung: index }, rung) });
}
