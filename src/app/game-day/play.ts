import { setTimeout as delay } from 'node:timers/promises';
import { FixpointError } from '../../errors.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { nearest } from '../../value/nearest.ts';
import { parseDuration } from '../../value/duration.ts';
import { isWatching } from './alert-states.ts';
import { knownFaults, type KnownFault } from './faults.ts';
import { followFault, type Ending, type Sighting } from './follow-fault.ts';
import { askJson, followEvents } from './game-day-api.ts';
import { startGameDay, type GameDay, type GivenFault } from './game-day.ts';
import { shippedAlerts } from './shipped-files.ts';
import { openSurroundings } from './surroundings.ts';

/** What happens on a game day, as it happens. `at` in ms since the epoch. */
export type GameDayEvent =
  | Sighting
  | { readonly at: number; readonly kind: 'begin' | 'fault'; readonly text: string }
  /** An entry of the journal as the API tells it, about a run where it names one. */
  | { readonly at: number; readonly kind: 'journal'; readonly entry: JournalView };

export interface JournalView {
  readonly at: string;
  readonly type: string;
  readonly run?: string;
  readonly rule?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface PlayWish {
  readonly given: GivenFault;
  readonly speed: number;
  readonly path: string;
  readonly rules: string;
  readonly remediations: string;
  readonly isSimulated: boolean;
  readonly approves: boolean;
  readonly longestMs: number;
  readonly port?: number;
  readonly signal: AbortSignal;
  readonly tell: (event: GameDayEvent, day: GameDay) => Promise<void>;
  /** The end, while everything still runs: what is to be looked up is looked up here. */
  readonly over: (result: PlayResult, day: GameDay) => Promise<void>;
}

export interface PlayResult extends Ending {
  readonly injectedAt: number;
  /** Whether it ended as the fault should: recovered, or, where nothing cures it, a person called. */
  readonly isAsItShould: boolean;
}

/** Journal entries and what is seen from outside come on different ways: told in the order of their times, this much later, ms. */
const reorderMs = 700;
const watchMs = 60_000;

/** One game day from the start of its servers to the end of the last: a fault is given, and what becomes of it is told. */
export async function playGameDay(wish: PlayWish): Promise<PlayResult> {
  const { given, speed, path, signal } = wish;
  const clock = systemClock();
  const known = await knownFault(given);
  const surroundings = await openSurroundings({
    speed,
    path,
    platforms: [given.platform],
    isSimulated: wish.isSimulated,
    ...(wish.port === undefined ? {} : { port: wish.port }),
  });
  let day: GameDay | undefined;
  const following = new AbortController();
  const stop = AbortSignal.any([signal, following.signal]);
  try {
    day = await startGameDay(surroundings, { rules: wish.rules, remediations: wish.remediations });
    const running = day;
    const queue = new EventQueue(async (event) => await wish.tell(event, running));
    const tell = (event: GameDayEvent) => queue.add(event);
    for (const text of beginning(day)) tell({ at: clock.now(), kind: 'begin', text });
    const flushing = queue.run(() => clock.now(), stop);
    const listening = followJournal(day, stop, tell);
    await untilWatched(day, signal);
    await day.inject(given);
    const injectedAt = clock.now();
    tell({
      at: injectedAt,
      kind: 'fault',
      text: `${given.fault}${given.isStubborn ? ', which nothing cures,' : ''} comes over ${given.platform}`,
    });
    let postedAt: number | undefined;
    const posted = (alert: string): void => {
      postedAt ??= clock.now();
      tell({ at: clock.now(), kind: 'alert', text: `${alert} is posted by hand` });
    };
    const posting = surroundings.watchers === undefined ? postAlerts(day, { known, given, signal: stop, posted }) : undefined;
    const ending = await followFault(day, { clock, given, known, approves: wish.approves, longestMs: wish.longestMs, signal, tell });
    await delay(reorderMs);
    following.abort();
    await Promise.all([flushing, listening, posting]);
    await queue.flush(Infinity);
    const result = {
      ...ending,
      firstAlertAt: ending.firstAlertAt ?? postedAt,
      injectedAt,
      isAsItShould: ending.outcome === (given.isStubborn ? 'called' : 'recovered'),
    };
    await wish.over(result, day);
    return result;
  } finally {
    following.abort();
    await day?.close();
    await surroundings.close();
  }
}

/** Throws `params.invalid` where there is no such platform or fault, with the nearest. */
async function knownFault({ platform, fault }: GivenFault): Promise<KnownFault> {
  const all = await knownFaults();
  const found = all.find((one) => one.platform === platform && one.fault === fault);
  if (found !== undefined) return found;
  const names = [...new Set(all.map((one) => one.platform))];
  const isPlatform = names.includes(platform);
  const words = isPlatform ? all.filter((one) => one.platform === platform).map((one) => one.fault) : names;
  const similar = nearest(isPlatform ? fault : platform, words);
  throw new FixpointError(
    'params.invalid',
    `${isPlatform ? `${platform} has no fault ${fault}` : `there is no platform ${platform}`}${similar === undefined ? '' : `; did you mean ${similar}?`} There are: ${words.join(', ')}`,
  );
}

function beginning({ service, surroundings: { watchers, missing, speed } }: GameDay): readonly string[] {
  return [
    `Fixpoint with ${service.rules} rules on ${service.url}, ${speed} times faster than real`,
    watchers === undefined
      ? 'alerts are posted by hand, and the sandbox answers for Prometheus and Alertmanager'
      : `Prometheus on ${watchers.prometheusUrl}, Alertmanager on ${watchers.alertmanagerUrl}`,
    ...missing.map((reason) => `missing: ${reason}`),
  ];
}

/** A real Prometheus takes seconds until it looks, and then a few looks until rates are rates. */
async function untilWatched({ surroundings: { watchers } }: GameDay, signal: AbortSignal): Promise<void> {
  if (watchers === undefined) return;
  for (let waited = 0; !(await isWatching(watchers.prometheusUrl)); waited += 250) {
    if (waited > watchMs)
      throw new FixpointError('timeout', `Prometheus on ${watchers.prometheusUrl} does not watch within ${watchMs / 1000} s`);
    await delay(250, undefined, { signal });
  }
}

async function followJournal(day: GameDay, signal: AbortSignal, tell: (event: GameDayEvent) => void): Promise<void> {
  try {
    await followEvents(`${day.service.url}/api/v1/events`, {
      signal,
      event: (data) => {
        const entry = data as JournalView;
        tell({ at: Date.parse(entry.at), kind: 'journal', entry });
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

interface Posting {
  readonly known: KnownFault;
  readonly given: GivenFault;
  readonly signal: AbortSignal;
  readonly posted: (alert: string) => void;
}

/** In place of a Prometheus: each alert of the fault is posted once its `for` is over. */
async function postAlerts(day: GameDay, { known, given, signal, posted }: Posting): Promise<void> {
  const { faults } = await day.patient(given.platform);
  const own = faults.at(-1)?.labels ?? {};
  const shipped = shippedAlerts().filter(({ alert, labels }) => labels['platform'] === given.platform && known.alerts.includes(alert));
  try {
    await Promise.all(
      shipped.map(async ({ alert, for: waits, labels }) => {
        await delay((parseDuration(waits) ?? 0) / day.surroundings.speed, undefined, { signal });
        const body = { version: '4', alerts: [{ status: 'firing', labels: { alertname: alert, ...labels, ...own } }] };
        await askJson(`${day.service.url}/api/v1/webhook/${given.platform}`, { method: 'POST', body });
        posted(alert);
      }),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Tells events in the order of their times. */
class EventQueue {
  readonly #tell: (event: GameDayEvent) => Promise<void>;
  #waiting: GameDayEvent[] = [];

  constructor(tell: (event: GameDayEvent) => Promise<void>) {
    this.#tell = tell;
  }

  add(event: GameDayEvent): void {
    this.#waiting.push(event);
  }

  async run(now: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.flush(now() - reorderMs);
      await delay(100, undefined, { signal }).catch(() => undefined);
    }
  }

  async flush(until: number): Promise<void> {
    const due = this.#waiting.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
    this.#waiting = this.#waiting.filter(({ at }) => at > until);
    for (const event of due) await this.#tell(event);
  }
}
