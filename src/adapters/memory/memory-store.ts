import { FixpointError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RunLaw } from '../../ports/run-law.ts';
import type { Claim, Commit, IntakeBatch, KeptNotification, NewRun, Pause, Permit, PermitSubject, Store } from '../../ports/store.ts';
import type { JsonObject } from '../../value/json.ts';
import { pauseReason } from '../pause-reason.ts';
import { byTimeAndId } from '../pause-order.ts';
import { deadlinesOf, type Deadlines } from './deadlines.ts';
import { isAbout } from '../pause-scope.ts';
import { defaultStoreLimits, type StoreLimits } from '../store-limits.ts';
import { firingMembers, showIncident, type IncidentRecord } from './incident-record.ts';
import { MemoryCalls } from './memory-calls.ts';
import { memoryHeartbeats } from './memory-heartbeats.ts';
import { MemoryIncidents } from './memory-incidents.ts';
import { MemoryJournal } from './memory-journal.ts';
import { memoryLineage } from './memory-lineage.ts';
import { memoryReplicas } from './memory-replicas.ts';
import { MemoryNotices } from './memory-notices.ts';
import { MemoryRuns } from './memory-runs.ts';
import { plainCopy } from './plain-copy.ts';
import { stuckIncidents } from './stuck-incidents.ts';

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly law: RunLaw;
  readonly limits?: Partial<StoreLimits>;
}

export interface MemoryStore extends Store {
  /** So that who drives the clock may pass over the time in which nothing can happen. */
  deadlines(): Deadlines;
}

/** The store without Redis, in the clock's time: records last as long as the object. */
export function memoryStore({ clock, law, limits: told }: MemoryStoreOptions): MemoryStore {
  const limits = { ...defaultStoreLimits, ...told };
  const journal = new MemoryJournal(clock, limits.journal);
  const write: MemoryJournal['write'] = (entries, at) => journal.write(entries, at);
  const runs = new MemoryRuns({ law, limits, write, forget: (run) => journal.forgetRun(run) });
  const calls = new MemoryCalls({ incident: (id) => incidents.records.get(id), write });
  const incidents: MemoryIncidents = new MemoryIncidents({
    limits,
    write,
    tellRun: (run, at) => void runs.signal(run, { kind: 'members', at }, at),
    closed: (incident, why, at) => calls.close(incident, why, at),
  });
  const definitions = new Map<string, JsonObject>();
  const notes = new Map<string, KeptNotification & { readonly bytes: number }>();
  const pauses = new Map<string, Pause>();
  const receivers = new Map<string, Set<string>>();
  const notices = new MemoryNotices({ write, end: () => journal.end(), life: limits.noticeLife });
  let last = 0;

  function now(): number {
    last = Math.max(last, Math.floor(clock.now()));
    return last;
  }

  function keep({ keep: kept, notification, source, entries, unmatched, receivedAt }: IntakeBatch, at: number): void {
    if (kept === undefined || kept.bytes > limits.notificationBytes || notes.has(notification)) return;
    const alerts = new Set([...entries.map(({ alert }) => alert), ...unmatched].map(({ fingerprint }) => fingerprint)).size;
    notes.set(notification, {
      id: notification,
      source,
      receivedAt: Math.min(receivedAt, at),
      alerts,
      body: plainCopy(kept.body),
      bytes: kept.bytes,
    });
    for (const [id] of notes) {
      const bytes = [...notes.values()].reduce((sum, note) => sum + note.bytes, 0);
      if (bytes <= limits.notificationBytes && notes.size <= limits.notifications) break;
      notes.delete(id);
    }
  }

  function commit(given: Commit): Awaited<ReturnType<Store['commit']>> {
    const at = now();
    const result = runs.commit(given, at);
    if (result.outcome === 'stale') return result;
    const { run, outbox: messages = [], incidentWakeAt, creates = [] } = given;
    for (const [index, message] of messages.entries()) calls.open(message, { id: `${run.id}-${result.sequence}-${index + 1}`, at });
    for (const one of creates) create(one, at);
    const incident = incidents.records.get(run.incident);
    if (incident === undefined) return result;
    if (law.isTerminal(run.phase) && incident.run === run.id) {
      incident.run = undefined;
      incident.lastRun = { id: run.id, phase: run.phase, at };
      if (run.phase === 'succeeded') calls.succeed(incident, run.id, at);
    }
    if (incidentWakeAt !== undefined && incident.state === 'open') incident.wakeAt = incidentWakeAt;
    return result;
  }

  /** Unless its id exists, or its incident has a run. */
  function create({ run, entries, wakeAt }: NewRun, at: number): readonly string[] {
    const incident = run.kind === 'undo' ? undefined : incidents.records.get(run.incident);
    const isTaken = runs.records.has(run.id) || (incident !== undefined && (incident.run !== undefined || incident.attempt >= run.attempt));
    if (isTaken) return [];
    if (incident !== undefined) Object.assign(incident, { run: run.id, attempt: run.attempt, wakeAt: undefined });
    runs.create(run, entries, { now: at, wakeAt });
    return [run.id];
  }

  function permit(run: string, fence: number, subject: PermitSubject): Permit {
    const time = now();
    const record = runs.records.get(run);
    const stale = (reason: string): Permit => ({ outcome: 'stale', reason, leaseLeft: 0, time });
    if (record === undefined) return stale(`run ${run} does not exist`);
    if (record.fence !== fence) return stale(`run ${run} was taken over (fence ${record.fence})`);
    if (record.leaseUntil <= time) return stale(`the lease of run ${run} is over`);
    const leaseLeft = record.leaseUntil - time;
    if (record.cancelledBy !== undefined) return { outcome: 'cancelled', reason: `cancelled by ${record.cancelledBy}`, leaseLeft, time };
    const incident = incidents.records.get(record.run.incident);
    if (subject.onlyWhileFiring && incident !== undefined && firingMembers(incident) === 0) {
      return { outcome: 'resolved', reason: 'every alert of the incident has been resolved', leaseLeft, time };
    }
    const pause = activePauses(time).find((one) => isAbout(one, subject));
    if (pause !== undefined) return { outcome: 'paused', reason: pauseReason(pause), leaseLeft, time };
    return { outcome: 'go', reason: 'the lease is held and nothing is paused', leaseLeft, time };
  }

  function activePauses(at: number): Pause[] {
    return [...pauses.values()].filter(({ until }) => until === undefined || until > at).toSorted(byTimeAndId);
  }

  function newestFirst(): IncidentRecord[] {
    return [...incidents.records.values()].toSorted((a, b) => b.openedAt - a.openedAt || (a.id > b.id ? -1 : 1));
  }

  function shownIncident(id: string): ReturnType<typeof showIncident> | undefined {
    const incident = incidents.records.get(id);
    return incident === undefined ? undefined : showIncident(incident);
  }

  function sweep(): void {
    const at = now();
    runs.trim(limits.runs, at - limits.age);
    const silent = [...incidents.records.values()].filter(
      ({ state, seenAt, run }) => state === 'open' && seenAt <= at - limits.incidentLife && run === undefined,
    );
    for (const incident of silent) incidents.close(incident, { why: 'not heard of for too long', now: at });
    const closed = newestFirst().filter(({ state }) => state === 'closed');
    for (const [index, { id, closedAt }] of closed.entries()) {
      if (index >= limits.incidents || (closedAt ?? at) <= at - limits.age) incidents.records.delete(id);
    }
    for (const pause of pauses.values()) {
      if (pause.until === undefined || pause.until > at) continue;
      pauses.delete(pause.id);
      journal.write([{ type: 'resumed', data: { id: pause.id, reason: 'its time is over' } }], at);
    }
    for (const { id, receivedAt } of notes.values()) if (receivedAt <= at - limits.age) notes.delete(id);
    calls.trim(limits.outbox);
    notices.trim(limits.outbox);
    journal.forgetBefore(at - limits.age);
  }

  return {
    time: async () => now(),
    async intake(batch) {
      const time = now();
      const outcomes = incidents.intake(batch, time);
      keep(batch, time);
      const named = receivers.get(batch.source) ?? new Set<string>();
      if (batch.receiver !== undefined && batch.receiver !== '') receivers.set(batch.source, named.add(batch.receiver));
      return { time, outcomes };
    },
    async createRuns(made) {
      const at = now();
      return made.flatMap((one) => create(one, at));
    },
    async claim(wanted, _worker, lease): Promise<Claim> {
      const time = now();
      const claim = runs.claim(typeof wanted === 'string' ? { run: wanted } : wanted, lease, time);
      if (claim.outcome !== 'claimed') return claim;
      const { run: record, sequence, signals } = claim.record;
      const stored = plainCopy({ run: record, sequence, signals });
      return { outcome: 'claimed', fence: claim.record.fence, time, stored, incident: shownIncident(record.incident) };
    },
    async renew(run, fence, lease) {
      const signals = runs.renew(run, fence, { lease, now: now() });
      return signals === undefined ? undefined : { signals };
    },
    commit: async (one) => commit(one),
    permit: async (run, fence, subject) => permit(run, fence, subject),
    amend: async (run, entries) => runs.amend(run, entries, now()),
    signal: async (run, signal) => runs.signal(run, signal, now()),
    dueRuns: async (limit) => runs.due(limit, now()),
    async dueIncidents(limit, hold) {
      const at = now();
      const due = newestFirst().filter(({ state, wakeAt }) => state === 'open' && wakeAt !== undefined && wakeAt <= at);
      const taken = due.toSorted((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0)).slice(0, limit);
      for (const incident of taken) incident.wakeAt = hold === undefined ? undefined : at + hold;
      return taken.map(({ id }) => id);
    },
    async wakeIncident(id, at) {
      const incident = incidents.records.get(id);
      if (incident?.state === 'open') incident.wakeAt = at;
    },
    closeIncidents: async (limit) => incidents.closeDue(limit, now()),
    async resolveAbsent(source, firing, asOf) {
      const changed = incidents.resolveAbsent({ source, firing, asOf, now: now() });
      return { changed, unheard: firing.filter((fingerprint) => !incidents.isHeard(`${source}/${fingerprint}`, asOf)) };
    },
    toldOf: async (source, fingerprints) =>
      new Set(fingerprints.filter((fingerprint) => incidents.isKnown(`${source}/${fingerprint}`, now()))),
    receivers: async (source) => [...(receivers.get(source) ?? [])],
    run: async (id) => runs.stored(id),
    runs: async (filter) => runs.list(filter),
    knownRuns: async (ids) => new Set(ids.filter((id) => runs.records.has(id))),
    phaseCounts: async () => runs.phaseCounts(),
    incident: async (id) => shownIncident(id),
    async openIncident(rule, subject) {
      const found = newestFirst().find((one) => one.state === 'open' && one.rule === rule && one.subject === subject);
      return found === undefined ? undefined : showIncident(found);
    },
    async incidents({ state, rule, limit }) {
      const found = newestFirst().filter(
        (one) => (state === undefined || one.state === state) && (rule === undefined || one.rule === rule),
      );
      return found.slice(0, limit).map((incident) => showIncident(incident));
    },
    async acknowledge(id, by, reason) {
      const incident = incidents.records.get(id);
      if (incident === undefined) return false;
      const at = now();
      incident.acknowledgedAt = at;
      calls.acknowledge(incident, by, at);
      journal.write([{ type: 'person-acted', incident: id, rule: incident.rule, data: { kind: 'acknowledge', by, reason } }], at);
      return true;
    },
    async keepDefinition(hash, definition) {
      definitions.set(hash, plainCopy(definition));
    },
    async definition(hash) {
      const found = definitions.get(hash);
      return found === undefined ? undefined : plainCopy(found);
    },
    async notification(id) {
      const note = notes.get(id);
      if (note === undefined) return undefined;
      const { bytes: _bytes, ...shown } = note;
      return plainCopy(shown);
    },
    notifications: async (limit) =>
      [...notes.values()]
        .toReversed()
        .slice(0, limit)
        .map(({ body: _body, bytes: _bytes, ...shown }) => shown),
    pauses: async () => plainCopy(activePauses(now())),
    async addPause(pause) {
      if (pauses.size >= limits.pauses && !pauses.has(pause.id))
        throw new FixpointError('overloaded', 'there are as many pauses as there may be; remove some');
      const added = plainCopy({ ...pause, at: now() });
      pauses.set(pause.id, added);
      journal.write([{ type: 'paused', data: added }], added.at);
      return plainCopy(added);
    },
    async removePause(id, by) {
      if (!pauses.delete(id)) return false;
      journal.write([{ type: 'resumed', data: { id, by } }], now());
      return true;
    },
    journal: async (after, limit) => journal.after(after, limit),
    follow: (after, wait, signal) => journal.follow(after, { wait, signal }),
    journalOf: async (run) => journal.ofRun(run),
    append: async (entries) => journal.write(entries, now()),
    async openCall(message) {
      const at = now();
      return calls.open(message, { id: `${message.run}-${at}`, at });
    },
    ...memoryLineage({ now, journal, pauses, call: (message, place) => void calls.open(message, place) }),
    ...memoryReplicas(now),
    ...memoryHeartbeats(now),
    endCalls: async (incident, reason) => calls.endAll(incident, reason, now()),
    takeCalls: async (limit, hold) => calls.take(limit, { hold, at: now() }),
    settleCall: async (call, settlement) => calls.settle(call, settlement, now()),
    stuckIncidents: async (before) => stuckIncidents(incidents.records, before, (run) => runs.stored(run)?.run.phase),
    noticesUpTo: async () => notices.upTo(),
    queueNotices: async (given) => notices.queue(given, now()),
    takeNotices: async (limit, hold) => notices.take(limit, { hold, at: now() }),
    settleNotice: async (notice, given) => notices.settle(notice, given, now()),
    sweep: async () => sweep(),
    deadlines: () => deadlinesOf({ runs: runs.records, incidents: incidents.records, calls, notices, pauses }),
    close: () => Promise.resolve(),
  };
}
