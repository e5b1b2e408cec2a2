import type { Alert } from '../alert/alert.ts';
import { messageOf } from '../errors.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Incident } from '../run/incident.ts';
import type { Run } from '../run/run.ts';
import { within } from './deadline.ts';
import { urgencyOf } from '../value/urgency.ts';
import { dispatchRuns } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { countDenial, lookAhead } from './look-ahead.ts';
import { followed, newRun } from './new-run.ts';
import { isPlanOutdated } from './revise-plan.ts';
import { noteRecurred } from './note-outcome.ts';
import { siblingsOf } from './siblings.ts';

/** How long until an incident that cannot be attended now is looked at again, ms. */
const lookAgain = 30_000;

/** The same for what only a person changes: a silence, a rule that only plans; ms. */
const lookLater = 300_000;

/**
 * An open incident whose run has ended and that still fires: the next attempt when the ledger allows one, else a later look.
 * An incident that has used up its attempts is left to the person who was called.
 */
export async function attendIncident(engine: Engine, id: string): Promise<void> {
  const incident = await engine.store.incident(id);
  if (incident === undefined || incident.state !== 'open' || incident.firing === 0 || incident.run !== undefined) return;
  const rule = engine.rulebook().rule(incident.rule);
  const opener = incident.members.find((member) => member.endedAt === undefined);
  const mode = opener === undefined ? undefined : rule?.modeFor(opener.alert);
  const last = incident.lastRun === undefined ? undefined : (await engine.store.run(incident.lastRun.id))?.run;
  if (
    rule === undefined ||
    opener === undefined ||
    mode === 'observe' ||
    (mode === 'plan' && !(await isToBePlanned(engine, { incident, rule, last })))
  )
    return await engine.store.wakeIncident(id, (await engine.store.time()) + lookLater / engine.speed);
  const made = nextAttempt(engine, { incident, rule, alert: opener.alert, at: await engine.store.time(), last });
  const ahead = await lookAhead(engine, { incident, rule, run: made.run, last });
  const { answer } = ahead;
  // The first denial by a rate is a run that says so; what repeats it is counted on that one.
  const isToldBy = ahead.guard === 'rate' && last?.phase === 'denied' ? last : undefined;
  if (isToldBy !== undefined) await countDenial(engine, isToldBy, ahead);
  if (answer.outcome === 'refused' && (ahead.guard === 'cooldown' || isToldBy !== undefined)) {
    return await engine.store.wakeIncident(id, Math.max(answer.until ?? 0, answer.time + 1000));
  }
  // Where nobody has been called yet the next run is denied by `attempts`, and that does.
  if (ahead.guard === 'attempts' && isPersonCalled(incident)) return await engine.store.wakeIncident(id, undefined);
  const pause = await pauseBefore(engine, opener.alert);
  if (pause > 0) return await engine.store.wakeIncident(id, answer.time + pause);
  if (mode !== 'plan' && cameToNothing(last) && !(await isToBePlanned(engine, { incident, rule, last })))
    return await engine.store.wakeIncident(id, answer.time + rarer(engine, answer.time - (last.finishedAt ?? answer.time)));
  // Only now is it known that the success has not lasted.
  if (incident.lastRun?.phase === 'succeeded') {
    const demoted = last === undefined ? [] : await noteRecurred(engine, { rule, run: last });
    await engine.store.append([{ type: 'recurred', incident: id, rule: rule.name, run: incident.lastRun.id, data: {} }, ...demoted]);
  }
  await openNextAttempt(engine, made, answer.time);
}

/** About how it stands now: a call is open, or was acknowledged since the last run ended, which had not succeeded. */
function isPersonCalled({ lastRun, escalatedAt = -1, acknowledgedAt = -1 }: Incident): boolean {
  if (lastRun === undefined || lastRun.phase === 'succeeded') return false;
  return escalatedAt > acknowledgedAt || acknowledgedAt >= lastRun.at;
}

/** It was charged for nothing, for there was nothing to change, nothing could be planned, or nothing may be more than planned. */
function cameToNothing(last: Run | undefined): last is Run {
  return last !== undefined && !last.charged && (last.phase === 'failed' || last.phase === 'planned');
}

/** How long until the plan of a run that came to nothing is looked at again: as long as it has been like that, within bounds. */
function rarer(engine: Engine, since: number): number {
  return Math.min(3_600_000, Math.max(lookLater / engine.speed, since));
}

/** What has not acted is planned anew only where the plan would be another by now; what cannot be planned now is looked at later. */
async function isToBePlanned(
  engine: Engine,
  { incident, rule, last }: { incident: Incident; rule: CompiledRule; last: Run | undefined },
): Promise<boolean> {
  if (last === undefined) return true;
  try {
    return await isPlanOutdated(engine, { incident, rule, last });
  } catch (error) {
    engine.log.debug({ incident: incident.id, rule: rule.name, reason: messageOf(error) }, 'rule could not be planned anew');
    return false;
  }
}

/** How long to wait before asking again, because the source says that there is nothing to do now, or cannot be asked; 0 = go on. */
async function pauseBefore(engine: Engine, alert: Alert): Promise<number> {
  try {
    if (engine.evidence.kindOf(alert.source) === 'receipt') return 0;
    const limit = { clock: engine.clock, length: engine.timing.guardTimeout, what: `source ${alert.source}` };
    const { standing } = await within(limit, (signal) => engine.evidence.standing(alert, signal));
    if (standing === 'firing') return 0;
    return standing === 'suppressed' ? lookLater : lookAgain;
  } catch (error) {
    engine.log.warn({ source: alert.source, reason: messageOf(error) }, 'source could not be asked before the next attempt');
    return lookAgain;
  }
}

function nextAttempt(
  engine: Engine,
  { incident, rule, alert, at, last }: { incident: Incident; rule: CompiledRule; alert: Alert; at: number; last: Run | undefined },
): ReturnType<typeof newRun> {
  const { id, subject } = incident;
  const siblings = siblingsOf(engine.rulebook(), { rule, alert, subject });
  const given = { rule, rulebook: engine.rulebook().hash, alert, incident: id, subject, attempt: incident.attempt + 1, siblings };
  return newRun({ ...given, at, life: engine.timing.runLife, speed: engine.speed, ...followed(last) });
}

async function openNextAttempt(engine: Engine, made: ReturnType<typeof newRun>, at: number): Promise<void> {
  const { id, incident } = made.run;
  await engine.keepRules();
  const created = await engine.store.createRuns([made]);
  if (created.includes(id)) await dispatchRuns(engine, [{ id, sequence: 0, urgency: urgencyOf(made.run) }]);
  else await engine.store.wakeIncident(incident, at + lookAgain);
}
