import { formatDuration } from '../value/duration.ts';
import type { Engine } from './engine.ts';
import type { Run } from '../run/run.ts';
import type { Incident } from '../run/incident.ts';
import { liveUndos } from './undo-run.ts';
import { waitLonger } from './wait-longer.ts';
import type { Stint } from './stint.ts';

/** How seldom an undo run looks whether its incident is over, ms. */
const latest = 60_000;

/**
 * An undo run begins when no incident of its rule and subject has been open for as long as the rule says: one that opens again
 * postpones it. What was changed last is taken back first.
 */
export async function waitForQuiet(engine: Engine, stint: Stint): Promise<void> {
  const { held } = stint;
  const { run, incident } = held;
  const order = run.undo ?? { cause: 'resolved' as const, afterMs: 0 };
  const open = incident?.state === 'open' ? incident : await openIncidentOf(engine, run);
  const longest = latest / engine.speed;
  if (open !== undefined) {
    const { quietSince: _over, ...rest } = order;
    const isAnother = open.id !== run.incident;
    const reason = isAnother ? `postponed: incident ${open.id} has opened since` : 'waits until the incident is over';
    return await waitLonger(stint, reason, { run: { ...run, undo: isAnother ? { ...rest, isPostponed: true } : rest }, longest });
  }
  // When another incident ended is not known: the quiet is counted from when it was first seen to be over.
  const quietSince = order.quietSince ?? (order.isPostponed === true ? held.now : (incident?.closedAt ?? run.createdAt));
  const known = { ...run, undo: { ...order, quietSince } };
  const due = quietSince + order.afterMs;
  if (held.now < due) {
    const reason = `the incident is over; takes back after ${formatDuration(order.afterMs)} of quiet`;
    return await waitLonger(stint, reason, { run: known, wakeAt: Math.min(due, held.now + longest) });
  }
  const newer = (await liveUndos(engine, run.subject)).find(
    (other) => other.createdAt > run.createdAt || (other.createdAt === run.createdAt && other.id > run.id),
  );
  if (newer !== undefined)
    return await waitLonger(stint, `waits for ${newer.id}, which takes back a later change`, { run: known, longest });
  await held.enter('undoing', 'the incident is over', { run: known });
}

/** An incident, open now, of which the undo run takes back what was done about it. */
export async function openIncidentOf({ store }: Pick<Engine, 'store'>, { rule, subject, undo }: Run): Promise<Incident | undefined> {
  for (const name of [rule, ...(undo?.rules ?? [])]) {
    const open = await store.openIncident(name, subject);
    if (open !== undefined) return open;
  }
  return undefined;
}
