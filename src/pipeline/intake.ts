import type { Alert } from '../alert/alert.ts';
import type { Matcher } from '../alert/matcher.ts';
import { ownLabel } from '../value/own-label.ts';
import { readAlerts, type AlertSource } from '../alert/read-alerts.ts';
import { messageOf } from '../errors.ts';
import type { IntakeEntry } from '../ports/store.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import { paramsFingerprint, renderSubject } from '../rule/render.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { Run } from '../run/run.ts';
import type { Duration } from '../value/duration.ts';
import { within } from './deadline.ts';
import { urgencyOf } from '../value/urgency.ts';
import { dispatchRuns } from './dispatch.ts';
import type { Engine } from './engine.ts';
import { newRun } from './new-run.ts';
import { noteSightings } from './note-sightings.ts';
import type { Notification } from './notification.ts';
import { siblingsOf } from './siblings.ts';

/** A source as intake sees it. */
export interface IntakeSource extends AlertSource {
  /** How long a resolved alert holds back late duplicates of its firing. */
  readonly tombstone: Duration;
  /** Receivers of the source that post to us; absent = those that its messages name. */
  readonly receivers?: readonly string[];
  /** What matches all of these only shows that the way from the source to us works: no rule sees it. */
  readonly heartbeat?: readonly Matcher[];
}

/**
 * Turns a notification into incidents and runs: one atomic round trip for the whole group, then one for the new runs. Safe to
 * repeat: what is known is only refreshed.
 */
export async function takeIn(engine: Engine, source: IntakeSource, notification: Notification): Promise<void> {
  const alerts = readAlerts(notification.message, source, notification.receivedAt).filter((alert) => alert.labels[ownLabel] === undefined);
  const began = engine.clock.now();
  const rulebook = engine.rulebook();
  const matched: { entry: IntakeEntry; rule: CompiledRule }[] = [];
  const unmatched: Alert[] = [];
  const problems: JournalEntry[] = [];
  let isHeard = false;
  for (const alert of alerts) {
    engine.metrics.alert(source.name, alert.status);
    if (source.heartbeat?.every((matcher) => matcher.matches(alert.labels)) === true) {
      // What the source lists itself has not come the whole way.
      isHeard ||= alert.status === 'firing' && notification.isConfirmed !== true;
      unmatched.push(alert);
      continue;
    }
    const before = matched.length;
    for (const match of rulebook.match(alert)) {
      if (match.outcome === 'error') {
        problems.push(refused(engine, { alert, rule: match.rule.name, reason: match.reason }));
        continue;
      }
      engine.metrics.match(match.rule.name);
      const entry = entryFor(engine, alert, { rule: match.rule, isConfirmed: notification.isConfirmed });
      if ('reason' in entry) problems.push(refused(engine, { alert, rule: match.rule.name, reason: entry.reason }));
      else matched.push({ entry, rule: match.rule });
    }
    if (matched.length === before) unmatched.push(alert);
  }
  if (isHeard) {
    engine.metrics.heartbeat(source.name);
    await engine.store.noteHeartbeat(source.name, notification.receivedAt);
  }
  const runs = await store(engine, source, { notification, matched, unmatched });
  if (problems.length > 0) await engine.store.append(problems);
  const attributes = {
    'fixpoint.notification': notification.id,
    'fixpoint.source': source.name,
    'fixpoint.alerts': alerts.length,
    'fixpoint.runs': runs,
  };
  engine.tracing?.ended(
    { name: 'intake', from: began, to: engine.clock.now(), attributes },
    notification.trace === undefined ? {} : { parent: notification.trace },
  );
}

interface Sorted {
  readonly notification: Notification;
  readonly matched: readonly { entry: IntakeEntry; rule: CompiledRule }[];
  readonly unmatched: readonly Alert[];
}

/** Answers how many runs were made. */
async function store(engine: Engine, source: IntakeSource, { notification, matched, unmatched }: Sorted): Promise<number> {
  const { receiver } = notification.message;
  const batch = {
    notification: notification.id,
    source: source.name,
    receivedAt: notification.receivedAt,
    tombstone: source.tombstone,
    unmatched,
    keep: { body: notification.message as never, bytes: notification.bytes },
    ...(typeof receiver === 'string' ? { receiver } : {}),
  };
  const first = await engine.store.intake({ ...batch, entries: matched.map(({ entry }) => entry) });
  const taken = matched.map((match, index) => ({ ...match, ...first.outcomes[index] }));
  await noteSightings(engine, taken);
  const { trace } = notification;
  let runs = await openRuns(engine, taken, { time: first.time, trace });
  const doubtful = matched.filter((_match, index) => first.outcomes[index]?.outcome === 'tombstoned');
  const confirmed = doubtful.length === 0 ? [] : await confirm(engine, source.name, doubtful);
  if (confirmed.length > 0) {
    const { keep: _kept, ...rest } = batch;
    const second = await engine.store.intake({
      ...rest,
      unmatched: [],
      entries: confirmed.map(({ entry }) => ({ ...entry, confirmed: true })),
    });
    const again = confirmed.map((match, index) => ({ ...match, ...second.outcomes[index] }));
    await noteSightings(engine, again);
    runs += await openRuns(engine, again, { time: second.time, trace });
  }
  const told = { notification: notification.id, source: source.name, alerts: matched.length + unmatched.length, runs };
  engine.log.info(told, matched.length === 0 && unmatched.length > 0 ? 'notification taken in, no rule matched' : 'notification taken in');
  return runs;
}

/** A firing alert that a tombstone holds back: the source's API knows whether it is a late duplicate or fires again. */
async function confirm<T extends { entry: IntakeEntry }>(engine: Engine, source: string, doubtful: readonly T[]): Promise<readonly T[]> {
  if (engine.evidence.kindOf(source) === 'receipt') return [];
  try {
    const limit = { clock: engine.clock, length: engine.timing.guardTimeout, what: `source ${source}` };
    const active = await within(limit, (signal) => engine.evidence.firing(source, [], signal));
    const firing = new Set(active.map((alert) => alert.fingerprint));
    return doubtful.filter(({ entry }) => firing.has(entry.alert.fingerprint));
  } catch (error) {
    engine.log.warn({ source, reason: messageOf(error) }, 'the source could not be asked about late alerts');
    return [];
  }
}

async function openRuns(
  engine: Engine,
  outcomes: readonly { entry: IntakeEntry; rule: CompiledRule; needsRun?: boolean; incident?: string }[],
  { time, trace }: { time: number; trace: string | undefined },
): Promise<number> {
  const runs = new Map<string, { run: Run; entries: readonly JournalEntry[] }>();
  for (const { entry, rule, needsRun, incident } of outcomes) {
    if (needsRun !== true || incident === undefined || runs.has(incident)) continue;
    const { alert, subject } = entry;
    const siblings = siblingsOf(engine.rulebook(), { rule, alert, subject });
    const given = {
      rule,
      rulebook: engine.rulebook().hash,
      alert,
      incident,
      subject,
      attempt: 1,
      siblings,
      ...(trace === undefined ? {} : { trace }),
    };
    runs.set(incident, newRun({ ...given, at: time, life: engine.timing.runLife, speed: engine.speed }));
  }
  if (runs.size === 0) return 0;
  await engine.keepRules();
  const created = new Set(await engine.store.createRuns([...runs.values()]));
  const fresh = [...runs.values()].filter(({ run }) => created.has(run.id));
  await dispatchRuns(
    engine,
    fresh.map(({ run }) => ({ id: run.id, sequence: 0, urgency: urgencyOf(run) })),
  );
  return fresh.length;
}

function entryFor(
  engine: Engine,
  alert: Alert,
  { rule, isConfirmed }: { rule: CompiledRule; isConfirmed: boolean | undefined },
): IntakeEntry | { reason: string } {
  try {
    const subject = renderSubject(rule, alert);
    return {
      alert,
      rule: rule.name,
      subject,
      params: paramsFingerprint(rule, alert),
      flap: rule.flap / engine.speed,
      newIncident: engine.ids.next(),
      ...(isConfirmed === undefined ? {} : { confirmed: isConfirmed }),
    };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

/** An alert that a rule claims and cannot handle: counted and shown, never passed on to the next rule. */
function refused(engine: Engine, { alert, rule, reason }: { alert: Alert; rule: string; reason: string }): JournalEntry {
  engine.metrics.ruleFailed(rule);
  engine.log.warn({ rule, fingerprint: alert.fingerprint, reason }, 'rule could not handle an alert it matched');
  return { type: 'member-refused', rule, data: { fingerprint: alert.fingerprint, source: alert.source, reason } };
}
