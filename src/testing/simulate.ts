import { manualClock, type ManualClock } from '../adapters/clock/manual-clock.ts';
import type { Config } from '../config/config.ts';
import type { Rulebook } from '../rule/rulebook.ts';
import type { Path } from '../rule/template-tree.ts';
import { messageOf } from '../errors.ts';
import { parseDuration } from '../value/duration.ts';
import { compare } from './compare.ts';
import { deploymentOf } from './deployment.ts';
import type { Failure } from './failure.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { perform } from './perform.ts';
import { SimulatedApp } from './simulated-app.ts';
import type { Happening, TestText } from './test-file.ts';
import { World } from './world.ts';
import type { WorldText } from './world-text.ts';

/** How long the world has existed when a test starts: long enough for every pod to be ready. */
const warmUp = 600_000;
const usualRest = 3_600_000;

export interface SimulationParts {
  readonly config: Config;
  readonly rulebook: Rulebook;
  readonly text: WorldText;
  readonly test: TestText;
  readonly takesEveryTurn?: boolean;
}

export interface Simulated {
  readonly failures: readonly Failure[];
  readonly outcome: Outcome;
  /** What was asked and the test says nothing of. */
  readonly unanswered: readonly string[];
  /** How long it was, ms of its own time. */
  readonly length: number;
}

/** Lets one test happen, as fast as it can be computed; the same test gives the same bytes. */
export async function simulate({ config: given, rulebook, text, test, takesEveryTurn = false }: SimulationParts): Promise<Simulated> {
  const clock = manualClock(text.start - warmUp);
  const { config, places } = deploymentOf(given, text.platform);
  const world = new World({ clock, epoch: text.start, text, places });
  const failures: Failure[] = [];
  const fail = (failure: Failure): void => void failures.push(failure);
  seed(world, text, fail);
  await clock.advance(warmUp);
  prepare(world, text);
  const app = new SimulatedApp({ clock, config, rulebook, wires: world.wires, isSourceQuiet: () => world.isQuiet, takesEveryTurn });
  const timeline = test.timeline.map((happening, index) => ({ happening, index, at: text.start + lengthOf(happening.at) }));
  const ordered = timeline.toSorted((a, b) => a.at - b.at || a.index - b.index);
  const last = ordered.at(-1)?.at ?? text.start;
  const end = test.until === undefined ? last + usualRest : text.start + lengthOf(test.until);
  const seen = async (): Promise<Outcome> => await outcomeOf({ app, world, start: text.start });
  try {
    for (const { happening, index, at } of ordered.filter((one) => one.at <= end)) {
      await goOn(clock, app, at);
      const path = ['timeline', index];
      await perform({ world, app, cannot: (below: Path, message: string) => fail({ path: [...path, ...below], message }) }, happening);
      await settle();
      if (happening.expect !== undefined)
        failures.push(...compare(happening.expect, await seen(), { path: [...path, 'expect'], isWhole: false }));
    }
    await goOn(clock, app, end);
    const outcome = await seen();
    failures.push(...compare(test.expect, outcome, { path: ['expect'], isWhole: true }));
    for (const { message, data } of app.errors)
      fail({ path: [], message: `Fixpoint logged an error: ${message}`, got: JSON.stringify(data) });
    return { failures, outcome, unanswered: [...world.unanswered], length: end - text.start };
  } finally {
    await app.close();
    await world.close();
  }
}

/** The objects of the cluster, which then has time to settle. Each by itself could be made; a name that is taken cannot. */
function seed(world: World, text: WorldText, fail: (failure: Failure) => void): void {
  for (const object of text.objects) {
    try {
      world.sandbox.cluster.create(object);
    } catch (error) {
      fail({ path: ['objects'], message: `${object.kind} ${object.metadata.name} cannot be made: ${messageOf(error)}` });
    }
  }
}

/** The world as it is when the test starts. */
function prepare(world: World, text: WorldText): void {
  world.setState(text.state);
  for (const [name, alert] of Object.entries(text.alerts)) world.alertmanager.declare(name, alert);
  for (const [key, metric] of Object.entries(text.metrics)) world.metrics.set(key, metric, 0);
  world.http.set(text.http);
  for (const [name, redis] of Object.entries(text.redis)) world.redis.set(name, redis);
  for (const [name, postgres] of Object.entries(text.postgres)) world.postgres.set(name, postgres);
}

/** To a moment, timer by timer and turn by turn. What is due at that very moment comes after what happens then. */
async function goOn(clock: ManualClock, app: SimulatedApp, until: number): Promise<void> {
  for (;;) {
    await settle();
    const timer = clock.nextAt();
    const turn = app.wheel.nextAt(clock.now());
    const next = Math.min(timer ?? Number.POSITIVE_INFINITY, turn ?? Number.POSITIVE_INFINITY);
    if (next >= until) break;
    if (timer === next) await clock.next();
    else {
      clock.set(next);
      app.wheel.turn(next);
    }
  }
  clock.set(until);
}

/** Everything here answers within a turn of the event loop or waits for the clock; what a request sets off may take some turns. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function lengthOf(text: Happening['at']): number {
  return parseDuration(text) ?? 0;
}
