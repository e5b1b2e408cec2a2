import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { alertsOf, isWatching } from '../../src/app/game-day/alert-states.ts';
import { followFault, type Ending } from '../../src/app/game-day/follow-fault.ts';
import { startGameDay, type GameDay, type PatientView } from '../../src/app/game-day/game-day.ts';
import { shippedFolders } from '../../src/app/game-day/shipped-files.ts';
import type { Surroundings } from '../../src/app/game-day/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, type RunView } from '../e2e/api-client.ts';
import type { Task, Wave } from './game-day-waves.ts';

export interface Exchange {
  readonly method: string;
  readonly path: string;
}

/** What became of a fault; looked at when all of its wave have ended. */
export interface Played {
  readonly ending: Ending;
  /** Its runs in full, oldest first, without those that take something back. */
  readonly runs: readonly RunView[];
  readonly patient: PatientView;
  /** The platform's alerts that fire in Prometheus. */
  readonly firing: readonly string[];
  /** What was changed in the cluster meanwhile, Events left out. */
  readonly changes: readonly Exchange[];
  /** The incidents about which a call is in Alertmanager. */
  readonly calls: readonly (string | undefined)[];
}

/** For a fault to end, ms. */
const longestMs = 90_000;

/** A service of its own on the same servers: the guards of every service are real, and know nothing of the one before. */
export async function openDay(
  surroundings: Surroundings,
  folders: { rules: string; remediations: string } = shippedFolders,
): Promise<GameDay> {
  const { prometheusUrl = '', alertmanagerUrl = '' } = surroundings.watchers ?? {};
  const isQuiet = async () => (await firingIn(alertmanagerUrl)).length === 0;
  await waitUntil(isQuiet, { timeoutMs: 30_000, intervalMs: 100, describe: 'the alerts of the service before to be over' });
  const day = await startGameDay(surroundings, { ...folders, more: { defaults: { targetCooldown: '1s' } } });
  await waitUntil(() => isWatching(prometheusUrl), { timeoutMs: 30_000, intervalMs: 100, describe: 'Prometheus to watch the platforms' });
  return day;
}

/** Plays all of a wave; one that fails is its error. */
export async function playWave(surroundings: Surroundings, wave: Wave): Promise<readonly (Played | Error)[]> {
  const day = await openDay(surroundings);
  try {
    const endings = await Promise.all(wave.map((task) => follow(day, task).catch(toError)));
    const looking = endings.map(async (ending, index) =>
      ending instanceof Error ? ending : await lookAt(day, { ending, task: wave[index] }).catch(toError),
    );
    return await Promise.all(looking);
  } finally {
    await day.close();
  }
}

async function follow(day: GameDay, { platform, fault, isStubborn, alerts }: Task): Promise<Ending> {
  const given = { platform, fault, isStubborn, labels: {} };
  const signal = new AbortController().signal;
  return await followFault(day, { clock: systemClock(), given, alerts, approves: true, longestMs, signal, tell: () => undefined });
}

async function lookAt(day: GameDay, { ending, task }: { ending: Ending; task: Task | undefined }): Promise<Played> {
  const platform = task?.platform ?? '';
  const api = new ApiClient(day.service.url);
  const own = ending.runs.filter(({ kind }) => kind === 'remediation');
  const { states } = await alertsOf(day.prometheusUrl, platform);
  return {
    ending,
    runs: await Promise.all(own.toReversed().map(({ id }) => api.run(id))),
    patient: await day.patient(platform),
    firing: states.filter(({ state }) => state === 'firing').map(({ alertname }) => alertname),
    changes: await changesIn(day),
    calls: (await calledAt(day.surroundings)).filter((incident) => own.some((run) => run.incident === incident)),
  };
}

async function changesIn(day: GameDay): Promise<readonly Exchange[]> {
  const response = await fetch(`${day.service.sandbox?.controlUrl}/requests`);
  const { requests } = (await response.json()) as { requests: readonly Exchange[] };
  return requests.filter(({ method, path }) => method !== 'GET' && !path.includes('/events'));
}

/** The incidents that Alertmanager has calls for a person about. */
export async function calledAt({ watchers }: Surroundings): Promise<readonly (string | undefined)[]> {
  const filter = encodeURIComponent('fixpoint_escalation="true"');
  const response = await fetch(`${watchers?.alertmanagerUrl}/api/v2/alerts?filter=${filter}`);
  return ((await response.json()) as readonly { labels: Record<string, string> }[]).map(({ labels }) => labels['incident']);
}

/** The names of all alerts that are active, calls of our own left out. */
async function firingIn(alertmanagerUrl: string): Promise<readonly string[]> {
  const alerts = (await (await fetch(`${alertmanagerUrl}/api/v2/alerts`)).json()) as readonly { labels: Record<string, string> }[];
  return alerts.filter(({ labels }) => labels['fixpoint_escalation'] === undefined).map(({ labels }) => labels['alertname'] ?? '');
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
