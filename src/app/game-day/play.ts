import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { FixpointError } from '../../errors.ts';
import { nearest } from '../../value/nearest.ts';
import { isWatching } from './alert-states.ts';
import { EventQueue, reorderMs } from './event-queue.ts';
import { knownFaults, type KnownFault } from './faults.ts';
import { followFault, type Ending } from './follow-fault.ts';
import { followEvents } from './game-day-api.ts';
import { startGameDay, type GameDay, type GivenFault } from './game-day.ts';
import type { Sighting } from './narrators.ts';
import { openSurroundings } from './surroundings.ts';

/** What happens on a game day. `at` in ms since the epoch. */
export type GameDayEvent =
  | Sighting
  | { readonly at: number; readonly kind: 'begin'; readonly text: string }
  | { readonly at: number; readonly kind: 'journal'; readonly entry: JournalView };

/** An entry of the journal as the API tells it, about a run where it names one. */
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
  /** Where programs are looked for, as a PATH. */
  readonly path: string;
  readonly rules: string;
  readonly remediations: string;
  readonly isSimulated: boolean;
  readonly approves: boolean;
  readonly longestMs: number;
  readonly port?: number;
  readonly signal: AbortSignal;
  /** In the order of time. */
  readonly tell: (event: GameDayEvent, day: GameDay) => Promise<void>;
  /** The end, while everything still runs: what is to be looked up is looked up here. */
  readonly over: (result: PlayResult, day: GameDay) => Promise<void>;
}

export interface PlayResult extends Ending {
  /** Whether it ended as the fault should: recovered, or, where nothing cures it, a person called. */
  readonly isAsItShould: boolean;
}

const watchMs = 60_000;

/** One game day from the start of its servers to the end of the last: a fault is given, and what becomes of it is told. */
export async function playGameDay(wish: PlayWish): Promise<PlayResult> {
  const { given, speed, path, port, signal, approves, longestMs } = wish;
  const clock = systemClock();
  const now = () => clock.now();
  const { alerts, isForPeople, isAtRealSpeed } = await knownFault(given);
  if (isAtRealSpeed && !given.isStubborn && speed !== 1)
    throw new FixpointError(
      'params.invalid',
      `${given.fault} takes its time in a real database at any speed: play it with --speed 1 --for 1h`,
    );
  const surroundings = await openSurroundings({ speed, path, platforms: [given.platform], isSimulated: wish.isSimulated, port });
  let day: GameDay | undefined;
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  try {
    const running = await startGameDay(surroundings, { rules: wish.rules, remediations: wish.remediations });
    day = running;
    const queue = new EventQueue<GameDayEvent>(async (event) => await wish.tell(event, running));
    for (const text of beginning(running)) queue.add({ at: now(), kind: 'begin', text });
    const telling = Promise.all([queue.run(now, stop), followJournal(running, { signal: stop, tell: (event) => queue.add(event) })]);
    // It is awaited further down; until then a failure is nobody's.
    telling.catch(() => undefined);
    await untilWatched(running, signal);
    const ending = await followFault(running, { clock, given, alerts, approves, longestMs, signal, tell: (event) => queue.add(event) });
    await delay(reorderMs);
    over.abort();
    await telling;
    await queue.flush(Infinity);
    const result = { ...ending, isAsItShould: ending.outcome === (given.isStubborn || isForPeople ? 'called' : 'recovered') };
    await wish.over(result, running);
    return result;
  } finally {
    over.abort();
    await day?.close();
    await surroundings.close();
  }
}

/** Throws `params.invalid` where there is no such platform or fault, with the nearest. */
async function knownFault({ platform, fault }: GivenFault): Promise<KnownFault> {
  const all = await knownFaults();
  const found = all.find((one) => one.platform === platform && one.fault === fault);
  if (found !== undefined) return found;
  const faults = all.filter((one) => one.platform === platform).map((one) => one.fault);
  const isPlatform = faults.length > 0;
  const words = isPlatform ? faults : [...new Set(all.map((one) => one.platform))];
  const similar = nearest(isPlatform ? fault : platform, words);
  const said = isPlatform ? `${platform} has no fault ${fault}` : `there is no platform ${platform}`;
  const hint = similar === undefined ? '' : `; did you mean ${similar}?`;
  throw new FixpointError('params.invalid', `${said}${hint === '' ? '.' : hint} There are: ${words.join(', ')}`);
}

function beginning({ service, surroundings: { watchers, missing, speed } }: GameDay): readonly string[] {
  return [
    `Fixpoint with ${service.rules} rules on ${service.url}, ${speed} times faster than real`,
    watchers === undefined
      ? 'the sandbox answers for Prometheus and Alertmanager, and alerts are posted by hand'
      : `Prometheus on ${watchers.prometheusUrl}, Alertmanager on ${watchers.alertmanagerUrl}`,
    ...missing.map((reason) => `missing: ${reason}`),
  ];
}

/** A real Prometheus takes seconds until it looks. */
async function untilWatched({ surroundings: { watchers } }: GameDay, signal: AbortSignal): Promise<void> {
  if (watchers === undefined) return;
  for (let waited = 0; !(await isWatching(watchers.prometheusUrl)); waited += 250) {
    if (waited > watchMs)
      throw new FixpointError('timeout', `Prometheus on ${watchers.prometheusUrl} does not watch within ${watchMs / 1000} s`);
    await delay(250, undefined, { signal });
  }
}

async function followJournal(
  day: GameDay,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (event: GameDayEvent) => void },
): Promise<void> {
  const event = (data: unknown): void => {
    const entry = data as JournalView;
    tell({ at: Date.parse(entry.at), kind: 'journal', entry });
  };
  try {
    await followEvents(`${day.service.url}/api/v1/events`, { signal, event });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
