import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Phase } from '../../run/phase.ts';
import { alertsOf, valuesOf, type AlertRule, type AlertState } from './alert-states.ts';
import type { KnownFault } from './faults.ts';
import { askJson } from './game-day-api.ts';
import type { GameDay, GivenFault } from './game-day.ts';
import { judge, type Outcome } from './judge.ts';
import { shippedAlerts } from './shipped-files.ts';
import { isBeyond, mostTelling, thresholdOf, type Threshold } from './threshold.ts';

/** Something that was seen from outside; `at` in ms since the epoch. */
export interface Sighting {
  readonly at: number;
  readonly kind: 'metric' | 'alert' | 'webhook' | 'approval';
  readonly text: string;
}

/** A run as lists have it, as far as it is needed here. */
export interface FollowedRun {
  readonly id: string;
  readonly kind: string;
  readonly incident: string;
  readonly rule: string;
  readonly phase: Phase;
  readonly reason: string;
  readonly createdAt: string;
  readonly alert: { readonly labels: Readonly<Record<string, string>> };
  readonly waiting: { readonly guard: string } | null;
}

/** An alert by which a person was called. */
export interface Call {
  readonly labels: Readonly<Record<string, string>>;
}

export interface Ending {
  /** Undefined where the time was over first. */
  readonly outcome: Outcome | undefined;
  readonly firstAlertAt: number | undefined;
  readonly endedAt: number;
  /** Newest first, those of undo included. */
  readonly runs: readonly FollowedRun[];
}

export interface FollowWish {
  readonly clock: Clock;
  readonly given: GivenFault;
  readonly known: Pick<KnownFault, 'alerts' | 'brings'>;
  /** Whether other faults of the platform are looked at meanwhile: what is not of this one is left out. */
  readonly hasCompany?: boolean;
  /** Whether to play the person who approves. */
  readonly approves: boolean;
  readonly longestMs: number;
  readonly signal: AbortSignal;
  readonly tell: (sighting: Sighting) => void;
}

const pollMs = 250;

/** Watches what becomes of a fault until it has ended, and tells what it sees on the way. */
export async function followFault(day: GameDay, wish: FollowWish): Promise<Ending> {
  const { clock, given, known, hasCompany = false, approves, longestMs, signal } = wish;
  const { alerts } = known;
  const isOurs = (alertname: string) => !hasCompany || known.brings.includes(alertname);
  const { watchers } = day.surroundings;
  const states = new AlertNarrator(wish.tell);
  const metrics = new MetricNarrator(wish.tell);
  const webhooks = new Set<string>();
  const asked = new Set<string>();
  const deadline = clock.now() + longestMs;
  let firstAlertAt: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const now = clock.now();
    const patient = await day.patient(given.platform);
    const watched = watchers === undefined ? unwatched(given.platform) : await alertsOf(watchers.prometheusUrl, given.platform);
    states.look(watched.states, now);
    await metrics.look(
      day.prometheusUrl,
      watched.rules.filter(({ alertname }) => alerts.includes(alertname)),
      () => clock.now(),
    );
    const firing = watched.states.filter(({ state, alertname }) => state === 'firing' && isOurs(alertname));
    firstAlertAt ??= firing.find(({ alertname }) => alerts.includes(alertname))?.evaluatedAt;
    await tellWebhooks(day, webhooks, wish.tell);
    const runs = (await runsOf(day, given.platform)).filter(({ alert }) => isOurs(alert.labels['alertname'] ?? ''));
    if (approves) await approve(day, { runs, asked, tell: wish.tell, now: () => clock.now() });
    const outcome = judge({
      isUnwell:
        patient.unwell.some(isOurs) ||
        patient.faults.some((fault) => !fault.isCured && (!hasCompany || fault.fault === nameOfFault(given))),
      firing: firing.map(({ alertname }) => alertname),
      alerts,
      runs: runs.map(({ kind, phase, alert, waiting }) => ({
        kind,
        phase,
        alertname: alert.labels['alertname'] ?? '',
        waitsFor: waiting?.guard,
      })),
      calls: (await callsOf(day, new Set(runs.map(({ incident }) => incident)))).length,
    });
    if (outcome !== undefined || now > deadline) return { outcome, firstAlertAt, endedAt: clock.now(), runs };
    await delay(pollMs, undefined, { signal });
  }
}

function nameOfFault({ fault, isStubborn }: GivenFault): string {
  return isStubborn ? `${fault}-stubborn` : fault;
}

/** Without a Prometheus there are the expressions of the shipped rules, and nobody who evaluates them. */
function unwatched(platform: string): { rules: readonly AlertRule[]; states: readonly AlertState[] } {
  const shipped = shippedAlerts().filter(({ labels }) => labels['platform'] === platform);
  return { rules: shipped.map(({ alert, expr }) => ({ alertname: alert, expression: expr })), states: [] };
}

async function runsOf(day: GameDay, platform: string): Promise<readonly FollowedRun[]> {
  const { runs } = await askJson<{ runs: readonly FollowedRun[] }>(`${day.service.url}/api/v1/runs?limit=200`);
  return runs.filter(({ alert }) => alert.labels['platform'] === platform);
}

/** Calls for a person about these incidents that have arrived at Alertmanager and are not over. */
export async function callsOf(day: GameDay, incidents: ReadonlySet<string>): Promise<readonly Call[]> {
  const url = day.surroundings.watchers?.alertmanagerUrl;
  const filter = encodeURIComponent('fixpoint_escalation="true"');
  const calls =
    url === undefined
      ? (await askJson<{ pages: readonly Call[] }>(`${day.service.sandbox?.controlUrl}/pages`)).pages
      : await askJson<readonly Call[]>(`${url}/api/v2/alerts?filter=${filter}`);
  return calls.filter(({ labels }) => incidents.has(labels['incident'] ?? ''));
}

async function tellWebhooks(day: GameDay, known: Set<string>, tell: FollowWish['tell']): Promise<void> {
  const { notifications } = await askJson<{ notifications: readonly { id: string; source: string; receivedAt: string; alerts: number }[] }>(
    `${day.service.url}/api/v1/notifications`,
  );
  for (const { id, source, receivedAt, alerts } of notifications.toReversed()) {
    if (known.has(id)) continue;
    known.add(id);
    tell({
      at: Date.parse(receivedAt),
      kind: 'webhook',
      text: `${alerts} ${alerts === 1 ? 'alert' : 'alerts'} arrived at ${source}, notification ${id}`,
    });
  }
}

interface Approving {
  readonly runs: readonly FollowedRun[];
  readonly asked: Set<string>;
  readonly tell: FollowWish['tell'];
  readonly now: () => number;
}

/** Says yes to every plan that waits for a person. */
async function approve(day: GameDay, { runs, asked, tell, now }: Approving): Promise<void> {
  for (const { id, phase, reason } of runs) {
    // Between two looks a run may have come to the next rung that asks; its reason names it.
    const question = `${id} ${reason}`;
    if (phase !== 'awaiting-approval') asked.delete(question);
    if (phase !== 'awaiting-approval' || asked.has(question)) continue;
    asked.add(question);
    try {
      await askJson(`${day.service.url}/api/v1/runs/${id}/approve`, {
        method: 'POST',
        body: { reason: 'the game day plays the person who approves' },
      });
      tell({ at: now(), kind: 'approval', text: `the game day approves run ${id}` });
    } catch (error) {
      // It may have gone on meanwhile; one that still waits is asked for again.
      if (codeOf(error) === 'internal') asked.delete(question);
    }
  }
}

/** Tells when an alert begins to be pending, fires, and is over. */
class AlertNarrator {
  readonly #tell: FollowWish['tell'];
  #known = new Map<string, AlertState>();

  constructor(tell: FollowWish['tell']) {
    this.#tell = tell;
  }

  look(states: readonly AlertState[], now: number): void {
    const found = new Map(states.map((state) => [keyOf(state), state]));
    for (const [key, state] of found) {
      const before = this.#known.get(key)?.state;
      const { activeAt, evaluatedAt } = state;
      if (before === undefined && activeAt > 0) this.#tell({ at: activeAt, kind: 'alert', text: `${nameOf(state)} is pending` });
      if (before !== 'firing' && state.state === 'firing')
        this.#tell({ at: evaluatedAt === 0 ? now : evaluatedAt, kind: 'alert', text: `${nameOf(state)} fires` });
    }
    for (const [key, state] of this.#known) if (!found.has(key)) this.#tell({ at: now, kind: 'alert', text: `${nameOf(state)} is over` });
    this.#known = found;
  }
}

/** Tells what an alert compares: how it is at first, and when it passes the threshold. */
class MetricNarrator {
  readonly #tell: FollowWish['tell'];
  readonly #known = new Map<string, boolean>();

  constructor(tell: FollowWish['tell']) {
    this.#tell = tell;
  }

  async look(prometheusUrl: string, rules: readonly AlertRule[], now: () => number): Promise<void> {
    for (const { alertname, expression } of rules) {
      const threshold = thresholdOf(expression);
      const value = threshold === undefined ? undefined : mostTelling(threshold, await valuesOf(prometheusUrl, threshold.query));
      if (threshold === undefined || value === undefined) continue;
      const is = isBeyond(threshold, value);
      if (this.#known.get(alertname) === is) continue;
      this.#known.set(alertname, is);
      this.#tell({ at: now(), kind: 'metric', text: metricText(alertname, threshold, value) });
    }
  }
}

function metricText(alertname: string, threshold: Threshold, value: number): string {
  const { query, operator, limit } = threshold;
  const shown = Number(value.toPrecision(4));
  return `${query} is ${shown}, ${isBeyond(threshold, value) ? '' : 'not '}${operator} ${limit} (${alertname})`;
}

function keyOf({ alertname, labels }: AlertState): string {
  return JSON.stringify([alertname, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** With the labels that tell two of a name apart. */
function nameOf({ alertname, labels }: AlertState): string {
  const own = Object.entries(labels).filter(
    ([name]) => !['alertname', 'platform', 'namespace', 'severity', 'service', 'job', 'instance'].includes(name),
  );
  return own.length === 0 ? alertname : `${alertname}{${own.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}
