import fc from 'fast-check';
import type { Store } from '../../../src/ports/store.ts';
import { batch, entry, firing, inPhase, runOf } from '../../contract/store/records.ts';

/** Times of alerts in a step are ms from the start of the test. */
interface Told {
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly startsAt: number;
  readonly endsAt: number;
  readonly rule: string;
  readonly subject: string;
  readonly params: string;
  readonly flap: number;
  readonly confirmed: boolean;
}

/** One thing that happens to a store. */
export type Step =
  | { readonly step: 'intake'; readonly entries: readonly Told[]; readonly unmatched: readonly Told[]; readonly late: number }
  | { readonly step: 'absent'; readonly firing: readonly string[]; readonly ago: number }
  | { readonly step: 'run' | 'wait' | 'end' | 'crash' | 'wake'; readonly which: number }
  | { readonly step: 'close' }
  | { readonly step: 'time'; readonly by: number };

const moment = fc.integer({ min: -20, max: 200 });
const fingerprint = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');

const told: fc.Arbitrary<Told> = fc.record({
  fingerprint,
  status: fc.constantFrom('firing' as const, 'firing' as const, 'resolved' as const),
  startsAt: moment,
  endsAt: moment,
  rule: fc.constantFrom('r1', 'r1', 'r2'),
  subject: fc.constantFrom('s1', 's1', 's2'),
  params: fc.constantFrom('p1', 'p1', 'p1', 'p2'),
  flap: fc.constantFrom(0, 10, 20),
  confirmed: fc.constantFrom(false, false, false, true),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      step: fc.constant('intake' as const),
      entries: fc.array(told, { maxLength: 5 }),
      unmatched: fc.array(told, { maxLength: 1 }),
      late: fc.integer({ min: -5, max: 20 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('absent' as const),
      firing: fc.uniqueArray(fingerprint),
      ago: fc.integer({ min: 0, max: 10 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constantFrom('run' as const, 'wait' as const, 'end' as const, 'crash' as const, 'wake' as const),
      which: fc.nat({ max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ step: 'close' as const }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('time' as const), by: fc.integer({ min: 0, max: 30 }) }) },
);

export const steps = fc.array(step, { minLength: 1, maxLength: 40 });

/** For one step, made once so that two stores get the same ids. `start` is the time the test began, `now` the store's. */
export function action(one: Step, { start, now }: { start: number; now: number }): (store: Store) => Promise<unknown> {
  switch (one.step) {
    case 'intake': {
      const alert = ({ fingerprint: name, status, startsAt, endsAt }: Told) =>
        firing(name, { status, startsAt: start + startsAt, ...(status === 'resolved' ? { endsAt: start + endsAt } : {}) });
      const entries = one.entries.map((given) =>
        entry(alert(given), {
          rule: given.rule,
          subject: given.subject,
          params: given.params,
          flap: given.flap,
          confirmed: given.confirmed,
        }),
      );
      const message = batch(entries, {
        receivedAt: now - one.late,
        tombstone: 40,
        receiver: `r${now % 3}`,
        unmatched: one.unmatched.map(alert),
      });
      return (store) => store.intake(message);
    }
    case 'absent':
      return async (store) => {
        const { changed, unheard } = await store.resolveAbsent('main', one.firing, now - one.ago);
        return [changed.toSorted(), unheard.toSorted()];
      };
    case 'close':
      return async (store) => (await store.closeIncidents(10)).toSorted();
    case 'run':
    case 'wait':
    case 'end':
    case 'crash':
    case 'wake':
      return (store) => actOnRun(store, one, now);
    case 'time':
      return (store) => store.time();
  }
}

async function actOnRun(store: Store, { step: what, which }: Extract<Step, { which: number }>, now: number): Promise<unknown> {
  const incidents = await store.incidents({ limit: 10 });
  const incident = incidents[which];
  if (incident === undefined) return undefined;
  const id = incident.run;
  if (what === 'wake') return store.wakeIncident(incident.id, now + 5);
  if (what === 'run') {
    const run = runOf(`${incident.id}-${incident.attempt + 1}`, { rule: incident.rule, subject: incident.subject, createdAt: now });
    return store.createRuns([{ run, entries: [{ type: 'run-created', run: run.id, data: {} }] }]);
  }
  const run = id === undefined ? undefined : (await store.run(id))?.run;
  if (run === undefined) return undefined;
  const claim = await store.claim(run.id, 'worker', 20);
  if (claim.outcome !== 'claimed' || what === 'crash') return claim;
  if (what === 'wait') {
    const subject = { rule: run.rule, source: 'main', namespaces: [], targets: [], onlyWhileFiring: true };
    const { outcome } = await store.permit(run.id, claim.fence, subject);
    const next = run.phase === 'queued' ? inPhase(run, 'planning') : run;
    const committed = await store.commit({
      run: next,
      fence: claim.fence,
      entries: [],
      signalsTaken: claim.stored.signals.length,
      release: { wakeAt: now + 30 },
    });
    return [outcome, committed];
  }
  const undo = runOf(`${run.id}-undo`, {
    kind: 'undo',
    undoes: run.id,
    incident: run.incident,
    phase: 'waiting',
    rule: run.rule,
    subject: run.subject,
    createdAt: now,
  });
  const creates = [{ run: undo, entries: [{ type: 'undo-scheduled' as const, run: run.id, data: {} }], wakeAt: now + 15 }];
  return store.commit({ run: inPhase(run, 'superseded'), fence: claim.fence, entries: [], incidentWakeAt: now + 10, creates });
}

/** Everything that can be seen of a store. */
export async function seen(store: Store): Promise<unknown> {
  const incidents = await store.incidents({ limit: 50 });
  const { runs } = await store.runs({ limit: 50 });
  const journal = await store.journal('0', 1000);
  return {
    incidents: incidents.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    open: await Promise.all(incidents.map(async ({ rule, subject: about }) => (await store.openIncident(rule, about))?.id)),
    receivers: (await store.receivers('main')).toSorted(),
    runs: await Promise.all(runs.map(({ id }) => store.run(id))),
    phases: await store.phaseCounts(),
    journal: journal.map(({ id: _id, ...record }) => record),
  };
}
