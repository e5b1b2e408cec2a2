import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import { isTerminal, type Phase } from '../../run/phase.ts';
import { alertsOf, type AlertRule, type AlertState } from './alert-states.ts';
import { ApproveAll } from './approve-all.ts';
import { askJson } from './game-day-api.ts';
import type { GameDay, GivenFault } from './game-day.ts';
import { judge, type Outcome } from './judge.ts';
import { AlertNarrator, MetricNarrator, WebhookNarrator, type Sighting } from './narrators.ts';
import { postAlerts } from './post-alerts.ts';
import { shippedAlerts } from './shipped-files.ts';

/** A run as lists have it, as far as it is needed here. */
export interface FollowedRun {
  readonly id: string;
  readonly kind: string;
  readonly incident: string;
  readonly rule: string;
  readonly phase: Phase;
  readonly reason: string;
  readonly alert: { readonly labels: Readonly<Record<string, string>> };
  readonly waiting: { readonly guard: string } | null;
}

/** Times are ms since the epoch. */
export interface Ending {
  /** Undefined where the time was over first. */
  readonly outcome: Outcome | undefined;
  readonly injectedAt: number;
  /** When the first alert fired, or was posted. */
  readonly firstAlertAt: number | undefined;
  readonly endedAt: number;
  /** Of the platform, newest first, those that take something back included. */
  readonly runs: readonly FollowedRun[];
}

export interface FollowWish {
  readonly clock: Clock;
  readonly given: GivenFault;
  /** The names of the alerts that tell of the fault. */
  readonly alerts: readonly string[];
  readonly approves: boolean;
  readonly longestMs: number;
  readonly signal: AbortSignal;
  readonly tell: (sighting: Sighting) => void;
}

const pollMs = 250;
/** Failed looks in a row. */
const mostFailures = 20;

/** Gives a fault to a platform that is well, and watches what becomes of it until it has ended. */
export async function followFault(day: GameDay, wish: FollowWish): Promise<Ending> {
  const { clock, given, alerts, approves, longestMs, signal, tell } = wish;
  const { platform } = given;
  const now = () => clock.now();
  const { watchers } = day.surroundings;
  const untold = watchers === undefined ? unwatched(platform) : undefined;
  const look = async () => untold ?? (await alertsOf(day.prometheusUrl, platform));
  const metrics = new MetricNarrator(day.prometheusUrl, { tell, now });
  const seen = { alerts: new AlertNarrator(tell), webhooks: new WebhookNarrator(tell) };
  const person = new ApproveAll(day, (run) => tell({ at: now(), kind: 'approval', text: `the game day approves run ${run}` }));
  const telling = ({ rules }: { readonly rules: readonly AlertRule[] }) => rules.filter(({ alertname }) => alerts.includes(alertname));

  await metrics.look(telling(await look()));
  await day.inject(given);
  const injectedAt = now();
  tell({ at: injectedAt, kind: 'fault', text: `${given.fault}${given.isStubborn ? ', which nothing cures,' : ''} comes over ${platform}` });
  let firstAlertAt: number | undefined;
  const ended = new AbortController();
  const posting =
    watchers === undefined
      ? postAlerts(day, {
          platform,
          alerts,
          signal: AbortSignal.any([signal, ended.signal]),
          posted(alert) {
            firstAlertAt ??= now();
            tell({ at: now(), kind: 'alert', text: `${alert} is posted by hand` });
          },
        })
      : Promise.resolve();
  // It is awaited further down; until then a failure is nobody's.
  posting.catch(() => undefined);
  async function present(): Promise<{ readonly outcome: Outcome | undefined; readonly runs: readonly FollowedRun[] }> {
    const [patient, watched] = [await day.patient(platform), await look()];
    seen.alerts.look(watched.states, now());
    await metrics.look(telling(watched));
    const firing = watched.states.filter(({ state }) => state === 'firing');
    firstAlertAt ??= firing.find(({ alertname }) => alerts.includes(alertname))?.evaluatedAt;
    seen.webhooks.look(await notificationsOf(day));
    const runs = await runsOf(day, platform);
    if (approves) await person.look(runs);
    const outcome = judge({
      isUnwell: patient.isUnwell,
      firing: firing.map(({ alertname }) => alertname),
      alerts,
      runs: runs.map((run) => ({ ...run, alertname: run.alert.labels['alertname'] ?? '', waitsFor: run.waiting?.guard })),
      calls: await callsAbout(day, runs),
    });
    return { outcome, runs };
  }

  let failures = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      try {
        const { outcome, runs } = await present();
        if (outcome !== undefined || now() - injectedAt > longestMs) return { outcome, injectedAt, firstAlertAt, endedAt: now(), runs };
        failures = 0;
      } catch (error) {
        // On a busy machine any of the servers may be late for once.
        failures += 1;
        if (failures > mostFailures) throw error;
      }
      await Promise.race([delay(pollMs, undefined, { signal }), posting.then(() => delay(pollMs))]);
    }
  } finally {
    ended.abort();
    await posting;
  }
}

/** Without a Prometheus there are the expressions of the shipped rules, and nobody who evaluates them. */
function unwatched(platform: string): { readonly rules: readonly AlertRule[]; readonly states: readonly AlertState[] } {
  const shipped = shippedAlerts().filter(({ labels }) => labels['platform'] === platform);
  return { rules: shipped.map(({ alert, expr }) => ({ alertname: alert, expression: expr })), states: [] };
}

async function runsOf(day: GameDay, platform: string): Promise<readonly FollowedRun[]> {
  const { runs } = await askJson<{ runs: readonly FollowedRun[] }>(`${day.service.url}/api/v1/runs?limit=200`);
  return runs.filter(({ alert }) => alert.labels['platform'] === platform);
}

/** How often a person was reached about these runs: a call may be over again, as its alert may. */
async function callsAbout(day: GameDay, runs: readonly FollowedRun[]): Promise<number> {
  type InFull = { readonly journal: readonly { readonly type: string }[] };
  const ended = runs.filter(({ phase }) => isTerminal(phase) && phase !== 'succeeded');
  const inFull = await Promise.all(ended.map(({ id }) => askJson<InFull>(`${day.service.url}/api/v1/runs/${id}`)));
  return inFull.flatMap(({ journal }) => journal).filter(({ type }) => type === 'person-called').length;
}

async function notificationsOf(day: GameDay): Promise<Parameters<WebhookNarrator['look']>[0]> {
  type Answer = { readonly notifications: Parameters<WebhookNarrator['look']>[0] };
  return (await askJson<Answer>(`${day.service.url}/api/v1/notifications`)).notifications;
}
