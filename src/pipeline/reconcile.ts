import { codeOf, messageOf } from '../errors.ts';
import { attendIncident } from './attend-incident.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';
import type { IntakeSource } from './intake.ts';
import { takeInUnheard } from './unheard.ts';

const most = 500;

/** After its start Alertmanager hears of all alerts again within a few evaluations of their rules, ms. */
const settlingIn = 300_000;

/** For so long a message that was added is believed to come, as late as it may; then another is added beside it, ms. */
const trustMs = 600_000;

/** An incident whose attendance was cut off is due again after this: longer than asking its source and planning anew may take, ms. */
const attendAgain = 60_000;

/** So many incidents are attended at once: each may have to wait for an answer from outside. */
const atOnce = 100;

/**
 * The authority that makes good what a crash or a lost message left behind: runs that are due and that nobody holds, incidents
 * whose flap window is over. It asks nobody but the store, so that nothing outside can hold it up. Safe to run on every worker at once.
 */
export async function reconcile(engine: Engine): Promise<void> {
  const due = await engine.store.dueRuns(most);
  if (due.length > 0) {
    // Not the id of the commit's own message, which may be delayed; and the same until someone claims the run, so that slow workers
    // do not make the queue grow.
    const trust = Math.floor(engine.clock.now() / trustMs);
    await engine.dispatches.addAll(
      due.map(({ id, sequence, urgency, fence }) => ({ id: `${id}-due-${fence}-${trust}`, data: { run: id, sequence }, urgency })),
    );
    engine.log.debug({ runs: due.length }, 'due runs dispatched');
  }
  for (const incident of await engine.store.closeIncidents(most)) engine.log.info({ incident }, 'incident closed');
}

/** Attends the incidents whose time has come. Safe to run on every worker at once. */
export async function attendIncidents(engine: Engine): Promise<void> {
  const due = await engine.store.dueIncidents(atOnce, attendAgain);
  await Promise.all(
    due.map(async (incident) => {
      try {
        await attendIncident(engine, incident);
      } catch (error) {
        engine.log.warn({ incident, code: codeOf(error), reason: messageOf(error) }, 'incident could not be attended, it is due again');
      }
    }),
  );
}

/**
 * Asks the sources that can be asked what fires. What they no longer have is over, for a `resolved` may have been lost; what no
 * webhook has told of is taken in.
 */
export async function reconcileSources(engine: Engine, sourceNamed: (name: string) => IntakeSource): Promise<void> {
  for (const names of sharing(engine)) {
    try {
      await reconcilePlace(engine, names.map(sourceNamed));
    } catch (error) {
      engine.log.warn({ source: names.join(', '), reason: messageOf(error) }, 'source could not be asked what fires');
    }
  }
}

/** The sources that are asked, each with those that share its Alertmanager: what one of them has been told of is no news to another. */
function sharing({ evidence }: Engine): readonly (readonly string[])[] {
  const groups = Map.groupBy(evidence.sources(), (name) => evidence.placeOf(name) ?? name);
  return [...groups.values()].filter((names) => names.some((name) => evidence.kindOf(name) === 'api'));
}

async function reconcilePlace(engine: Engine, sources: readonly IntakeSource[]): Promise<void> {
  const asked = sources.filter(({ name }) => engine.evidence.kindOf(name) === 'api');
  const [first] = asked;
  if (first === undefined) return;
  // Only what was known before asking can be missing from the answer.
  const asOf = await engine.store.time();
  const limit = { clock: engine.clock, length: engine.timing.guardTimeout, what: `source ${first.name}` };
  const [listed, upSince] = await within(limit, (signal) =>
    Promise.all([engine.evidence.listed(first.name, signal), engine.evidence.upSince(first.name, signal)]),
  );
  // Right after its start it knows only what has been sent to it again: nothing can be missed in that.
  if (upSince !== undefined && asOf - upSince < settlingIn) return;
  const fingerprints = listed.map(({ alert }) => alert.fingerprint);
  let unheard: readonly string[] = fingerprints;
  for (const source of asked) {
    const answer = await engine.store.resolveAbsent(source.name, fingerprints, asOf);
    if (answer.changed.length > 0)
      engine.log.info({ source: source.name, incidents: answer.changed }, 'alerts that the source no longer has are taken as resolved');
    const notHere = new Set(answer.unheard);
    unheard = unheard.filter((fingerprint) => notHere.has(fingerprint));
  }
  await takeInUnheard(engine, { asked, sharing: sources }, { listed, unheard, at: asOf });
}
