import type { Alert } from '../../alert/alert.ts';
import type { IntakeBatch, IntakeEntry, IntakeOutcome, IntakeOutcomeOf } from '../../ports/store.ts';
import type { JournalEntry } from '../../run/journal-entry.ts';
import { refusedAge, type StoreLimits } from '../store-limits.ts';
import { firingMembers, makeRoom, type IncidentRecord } from './incident-record.ts';
import { plainCopy } from './plain-copy.ts';

/** What is known of one alert. */
interface AlertState {
  /** The latest start seen while it fires. */
  readonly startsAt: number;
  /** Set once it has ended; then `holdsUntil` says how long that holds back late duplicates. */
  readonly endedAt?: number;
  readonly holdsUntil?: number;
}

export interface MemoryIncidentsOptions {
  readonly limits: StoreLimits;
  readonly write: (entries: readonly JournalEntry[], at: number) => void;
  /** Tells a live run that none of its members fires any more. */
  readonly tellRun: (run: string, at: number) => void;
  readonly closed: (incident: IncidentRecord, why: string, at: number) => void;
}

/** Alerts and incidents; every method is one atomic step at the time given. */
export class MemoryIncidents {
  readonly records = new Map<string, IncidentRecord>();
  readonly #options: MemoryIncidentsOptions;
  readonly #alerts = new Map<string, AlertState>();
  /** When an alert was last received firing, by name. */
  readonly #seen = new Map<string, number>();
  /** When an alert was last refused as ambiguous, by name. */
  readonly #refused = new Map<string, number>();

  constructor(options: MemoryIncidentsOptions) {
    this.#options = options;
  }

  intake(batch: IntakeBatch, now: number): IntakeOutcomeOf[] {
    const before = this.#firingCounts();
    const given = { source: batch.source, tombstone: batch.tombstone, receivedAt: Math.min(batch.receivedAt, now), now };
    const memberships = new Map(batch.entries.map((entry) => [entry, this.#membershipBefore(entry, batch.source)]));
    const taken = batch.entries.map((entry) =>
      entry.alert.status === 'firing'
        ? this.#takeFiring(entry, given)
        : this.#takeResolved(entry, { ...given, wasIn: memberships.get(entry) }),
    );
    for (const alert of batch.unmatched) this.#takeUnmatched(alert, given);
    this.#settle(before, now);

    const asked = new Set<string>();
    return taken.map(({ outcome, incident }) => {
      const record = incident === undefined ? undefined : this.records.get(incident);
      const fires = outcome === 'opened' || outcome === 'joined' || outcome === 'refreshed';
      const needsRun =
        record !== undefined &&
        fires &&
        !asked.has(record.id) &&
        record.attempt === 0 &&
        record.run === undefined &&
        firingMembers(record) > 0;
      if (needsRun) asked.add(record.id);
      return { outcome, needsRun, ...(incident === undefined ? {} : { incident }) };
    });
  }

  resolveAbsent({ source, firing, asOf, now }: { source: string; firing: readonly string[]; asOf: number; now: number }): string[] {
    const before = this.#firingCounts();
    const isFiring = new Set(firing.map((fingerprint) => `${source}/${fingerprint}`));
    const changed = new Set<string>();
    for (const incident of this.#open()) {
      for (const [name, member] of incident.members) {
        if (!name.startsWith(`${source}/`) || isFiring.has(name) || member.endedAt !== undefined || (this.#seen.get(name) ?? 0) >= asOf)
          continue;
        this.#endMember(incident, name, { at: asOf });
        const known = this.#alerts.get(name);
        this.#alerts.set(name, {
          startsAt: known?.startsAt ?? asOf,
          endedAt: asOf,
          holdsUntil: now + this.#options.limits.absentTombstone,
        });
        changed.add(incident.id);
      }
    }
    this.#settle(before, now);
    return [...changed];
  }

  /** Whether it fires in an incident, or was refused lately. */
  isHeard(name: string, asOf: number): boolean {
    if ((this.#refused.get(name) ?? Number.NEGATIVE_INFINITY) > asOf - refusedAge) return true;
    return this.#open().some(({ members }) => members.has(name) && members.get(name)?.endedAt === undefined);
  }

  isKnown(name: string, now: number): boolean {
    return this.#tombstone(name, now) !== undefined;
  }

  closeDue(limit: number, now: number): string[] {
    const due = this.#open().filter(({ closesAt }) => closesAt !== undefined && closesAt <= now);
    const closed = due.toSorted((a, b) => (a.closesAt ?? 0) - (b.closesAt ?? 0)).slice(0, limit);
    for (const incident of closed) this.close(incident, { why: 'all members resolved', now });
    return closed.map(({ id }) => id);
  }

  close(incident: IncidentRecord, { why, now }: { why: string; now: number }): void {
    incident.state = 'closed';
    incident.closedAt = now;
    incident.closesAt = undefined;
    incident.wakeAt = undefined;
    this.#options.closed(incident, why, now);
    const data = { subject: incident.subject, attempt: incident.attempt, reason: why };
    this.#options.write([{ type: 'incident-closed', incident: incident.id, rule: incident.rule, data }], now);
  }

  #open(): IncidentRecord[] {
    return [...this.records.values()].filter(({ state }) => state === 'open');
  }

  #firingCounts(): Map<string, number> {
    return new Map(this.#open().map((incident) => [incident.id, firingMembers(incident)]));
  }

  /** The open incident of a rule and subject; one whose flap window is over is closed first. */
  #openIncident(rule: string, subject: string, now: number): IncidentRecord | undefined {
    const incident = this.#open().find((one) => one.rule === rule && one.subject === subject);
    if (incident?.closesAt === undefined || incident.closesAt > now || firingMembers(incident) > 0) return incident;
    this.close(incident, { why: 'all members resolved', now });
    return undefined;
  }

  #membershipBefore({ rule, subject, alert }: IntakeEntry, source: string): IncidentRecord | undefined {
    return this.#open().find((one) => one.rule === rule && one.subject === subject && one.members.has(`${source}/${alert.fingerprint}`));
  }

  #tombstone(name: string, now: number): AlertState | undefined {
    const state = this.#alerts.get(name);
    if (state?.holdsUntil === undefined || state.holdsUntil > now) return state;
    this.#alerts.delete(name);
    return undefined;
  }

  #takeFiring(entry: IntakeEntry, { source, receivedAt, now }: Received): { outcome: IntakeOutcome; incident?: string } {
    const { alert, rule, subject } = entry;
    const name = `${source}/${alert.fingerprint}`;
    const state = this.#tombstone(name, now);
    const open = this.#openIncident(rule, subject, now);
    const about = open === undefined ? {} : { incident: open.id };
    if (isLate(state, alert) && entry.confirmed !== true) return { outcome: 'tombstoned', ...about };
    if (open !== undefined && open.params !== entry.params && !open.members.has(name)) {
      this.#alerts.set(name, firingState(state, alert));
      this.#refused.set(name, Math.max(this.#refused.get(name) ?? 0, receivedAt));
      this.#refuse(open, { name, alert, now });
      return { outcome: 'ambiguous', ...about };
    }
    if (open === undefined && this.records.has(entry.newIncident)) return { outcome: 'tombstoned' };
    const incident = open ?? this.#openNew(entry, { source, receivedAt, now });
    this.#alerts.set(name, firingState(state, alert));
    incident.flap = entry.flap;
    incident.seenAt = Math.max(incident.seenAt, receivedAt);
    const member = incident.members.get(name);
    const isNews = member === undefined || member.endedAt !== undefined;
    const isFull = member?.alert !== undefined || makeRoom(incident, this.#options.limits.fullMembers);
    const seenAt = Math.max(member?.seenAt ?? 0, receivedAt);
    this.#see(name, receivedAt);
    incident.members.set(name, { seenAt, ...(isFull ? { alert: plainCopy(alert) } : {}) });
    return { outcome: open === undefined ? 'opened' : isNews ? 'joined' : 'refreshed', incident: incident.id };
  }

  #openNew(
    { newIncident, rule, subject, params, flap, alert }: IntakeEntry,
    { source, receivedAt, now }: Omit<Received, 'tombstone'>,
  ): IncidentRecord {
    const incident: IncidentRecord = {
      id: newIncident,
      rule,
      subject,
      source,
      params,
      openedAt: now,
      members: new Map(),
      refused: new Set(),
      calls: new Set(),
      state: 'open',
      flap,
      attempt: 0,
      seenAt: receivedAt,
    };
    this.records.set(incident.id, incident);
    this.#options.write(
      [{ type: 'incident-opened', incident: incident.id, rule, data: { subject, source, fingerprint: alert.fingerprint } }],
      now,
    );
    return incident;
  }

  #refuse(incident: IncidentRecord, { name, alert, now }: { name: string; alert: Alert; now: number }): void {
    if (incident.refused.has(name)) return;
    incident.refused.add(name);
    const { subject, rule, id } = incident;
    const data = {
      subject,
      source: alert.source,
      fingerprint: alert.fingerprint,
      reason: 'it would render other parameters for the same subject',
    };
    this.#options.write([{ type: 'member-refused', incident: id, rule, data }], now);
  }

  #takeResolved(
    entry: IntakeEntry,
    given: Received & { wasIn: IncidentRecord | undefined },
  ): { outcome: IntakeOutcome; incident?: string } {
    const name = `${given.source}/${entry.alert.fingerprint}`;
    // Also one that opened earlier in this batch.
    const now = this.#openIncident(entry.rule, entry.subject, given.now);
    const incident = now?.members.has(name) === true ? now : given.wasIn?.state === 'open' ? given.wasIn : undefined;
    const about = incident === undefined ? {} : { incident: incident.id };
    if (!this.#takeEnd(entry.alert, given)) return { outcome: incident === undefined ? 'unknown' : 'refreshed', ...about };
    return { outcome: incident === undefined ? 'unknown' : 'resolved', ...about };
  }

  /** Ends the alert everywhere, unless the word is about an older episode. */
  #takeEnd(alert: Alert, { source, tombstone, receivedAt, now }: Received): boolean {
    const name = `${source}/${alert.fingerprint}`;
    const state = this.#tombstone(name, now);
    const endedAt = Math.max(alert.endsAt ?? receivedAt, state?.endedAt ?? 0);
    if (state !== undefined && state.endedAt === undefined && endedAt < state.startsAt) return false;
    for (const incident of this.#open()) this.#endMember(incident, name, { at: endedAt, alert });
    this.#seen.delete(name);
    this.#alerts.set(name, { startsAt: state?.startsAt ?? alert.startsAt, endedAt, holdsUntil: now + tombstone });
    return true;
  }

  #endMember(incident: IncidentRecord, name: string, { at, alert }: { at: number; alert?: Alert }): void {
    const member = incident.members.get(name);
    if (member === undefined || member.endedAt !== undefined) return;
    if (member.alert === undefined) {
      incident.members.delete(name);
      return;
    }
    incident.members.set(name, { seenAt: member.seenAt, endedAt: at, alert: alert === undefined ? member.alert : plainCopy(alert) });
  }

  #takeUnmatched(alert: Alert, given: Received): void {
    if (alert.status === 'resolved') {
      this.#takeEnd(alert, given);
      return;
    }
    const name = `${given.source}/${alert.fingerprint}`;
    const state = this.#tombstone(name, given.now);
    if (isLate(state, alert)) return;
    this.#alerts.set(name, firingState(state, alert));
    for (const incident of this.#open()) {
      const member = incident.members.get(name);
      if (member === undefined || member.endedAt !== undefined) continue;
      member.seenAt = Math.max(member.seenAt, given.receivedAt);
      this.#see(name, given.receivedAt);
      incident.seenAt = Math.max(incident.seenAt, given.receivedAt);
    }
  }

  #see(name: string, receivedAt: number): void {
    this.#seen.set(name, Math.max(this.#seen.get(name) ?? 0, receivedAt));
  }

  /** Draws the consequences of who fires now, compared with before. */
  #settle(before: ReadonlyMap<string, number>, now: number): void {
    for (const incident of this.#open()) {
      const firing = firingMembers(incident);
      const fired = before.get(incident.id);
      if (firing === 0 && fired !== 0) {
        incident.closesAt = now + incident.flap;
        if (incident.run !== undefined) this.#options.tellRun(incident.run, now);
      } else if (firing > 0 && fired === 0) {
        incident.closesAt = undefined;
        if (incident.attempt > 0 && incident.run === undefined) incident.wakeAt ??= now;
      }
    }
  }
}

interface Received {
  readonly source: string;
  readonly tombstone: number;
  readonly receivedAt: number;
  readonly now: number;
}

/** A late word about an episode that is over. */
function isLate(state: AlertState | undefined, alert: Alert): boolean {
  return state?.endedAt !== undefined && alert.startsAt < state.endedAt;
}

/** An end before the latest start seen does not end it; nor does one before an end that its source has denied. */
function firingState(state: AlertState | undefined, alert: Alert): AlertState {
  if (state === undefined) return { startsAt: alert.startsAt };
  if (state.endedAt === undefined) return { startsAt: Math.max(state.startsAt, alert.startsAt) };
  return { startsAt: alert.startsAt < state.endedAt ? state.endedAt + 1 : alert.startsAt };
}
