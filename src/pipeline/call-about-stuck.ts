import type { Incident } from '../run/incident.ts';
import type { Run } from '../run/run.ts';
import { formatDuration, type Duration } from '../value/duration.ts';
import type { Engine } from './engine.ts';
import { callAbout } from './escalation.ts';
import { quietWaits } from './quiet-guards.ts';

/** Guards that may deny a run without a word to anybody, for a while. */
const quietDenials = new Set(['cooldown', 'rate', 'window']);

/**
 * Calls a person about incidents that a pause, a window, a cooldown or a rate has kept from being acted upon for longer than `quiet`
 * since they opened, or since a person last said that they had seen it.
 */
export async function callAboutStuck(engine: Pick<Engine, 'store' | 'rulebook' | 'log'>, quiet: Duration): Promise<void> {
  const { store, log } = engine;
  const now = await store.time();
  for (const id of await store.stuckIncidents(now - quiet)) {
    const incident = await store.incident(id);
    const run = incident === undefined ? undefined : await newestRun(engine, incident);
    if (run === undefined || !isKeptQuietly(run)) continue;
    const { severity = 'critical', order } = engine.rulebook().rule(run.rule)?.escalate ?? {};
    const title = `${run.rule} has been kept from acting on ${run.subject} for ${formatDuration(quiet)}`;
    const call = callAbout(run, { severity, title, reason: run.reason, order });
    if (!(await store.openCall(call))) continue;
    const data = { title: call.title, severity };
    await store.append([{ type: 'escalated', run: run.id, incident: id, rule: run.rule, data }]);
    log.warn({ incident: id, runId: run.id, rule: run.rule, reason: run.reason }, 'kept from acting for too long, a person is called');
  }
}

async function newestRun({ store }: Pick<Engine, 'store'>, { run, lastRun }: Incident): Promise<Run | undefined> {
  const id = run ?? lastRun?.id;
  return id === undefined ? undefined : (await store.run(id))?.run;
}

function isKeptQuietly({ phase, waiting, decisions }: Run): boolean {
  if (phase === 'waiting') return waiting !== undefined && quietWaits.has(waiting.guard);
  // One that repeats an earlier decision of its guard is counted on that.
  const last = decisions
    .filter(({ decision }) => decision !== 'allow')
    .toSorted((a, b) => a.at - b.at)
    .at(-1);
  if (phase === 'expired') return last?.decision === 'defer' && quietWaits.has(last.guard);
  return phase === 'denied' && last?.decision === 'deny' && quietDenials.has(last.guard);
}
