import { countedIds } from '../adapters/clock/counted-ids.ts';
import type { ManualClock } from '../adapters/clock/manual-clock.ts';
import { memoryLedger } from '../adapters/memory/memory-ledger.ts';
import { memoryQueue } from '../adapters/memory/memory-queue.ts';
import { memoryStore, type MemoryStore } from '../adapters/memory/memory-store.ts';
import { parseWebhookMessage } from '../alert/webhook-message.ts';
import { makeEngine } from '../app/engine.ts';
import { connectOutside, type Outside } from '../app/outside.ts';
import { sourceDirectory } from '../app/sources.ts';
import { workerLoops } from '../app/worker-loops.ts';
import type { Config } from '../config/config.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { Dispatch, Engine } from '../pipeline/engine.ts';
import { execute } from '../pipeline/execute.ts';
import { takeIn } from '../pipeline/intake.ts';
import type { Ids } from '../ports/ids.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Consumer, Queue } from '../ports/queue.ts';
import type { Rulebook } from '../rule/rulebook.ts';
import { isTerminal, phases } from '../run/phase.ts';
import { runVersion } from '../run/run.ts';
import { mayGo } from '../run/transition.ts';
import { LoopWheel, type Need } from './loop-wheel.ts';
import { PeopleRecord } from './people-record.ts';
import type { Wires } from '../app/wires.ts';

export interface SimulatedAppParts {
  readonly clock: ManualClock;
  readonly config: Config;
  readonly rulebook: Rulebook;
  readonly wires: Wires;
  /** Whether the sources have nothing firing that Fixpoint could learn of by asking. */
  readonly isSourceQuiet: () => boolean;
  /** Also turns of loops in which nothing is due; a check on passing over them. */
  readonly takesEveryTurn?: boolean;
}

/** A line that Fixpoint logged as an error. */
export interface LoggedError {
  readonly at: number;
  readonly message: string;
  readonly data: object;
}

interface Running {
  readonly engine: Engine;
  readonly outside: Outside;
  readonly wheel: LoopWheel;
  readonly consumer: Consumer;
  readonly stopping: AbortController;
}

/** Errors that tell of the world, not of Fixpoint. */
const expected = new Set(['person could not be reached, tried again', 'call given up', 'notice given up']);

/** Kinds of claims that go by the names of their guards, and are looked at before a run is made. */
const withholding: ReadonlySet<string> = new Set(['cooldown', 'rate', 'attempts']);

/** As many runs as a process works on at once. */
const concurrency = 32;

/** One Fixpoint in a driven time, on stores in memory that survive its restarts. */
export class SimulatedApp {
  readonly store: MemoryStore;
  readonly errors: LoggedError[] = [];
  readonly people: PeopleRecord;
  /** Guards that kept an incident from having its next run: nothing else tells of them. */
  readonly withheld: { readonly incident: string; readonly guard: string }[] = [];
  readonly #parts: SimulatedAppParts;
  readonly #ledger: Ledger;
  readonly #dispatches: Queue<Dispatch>;
  readonly #ids: Ids = countedIds('t');
  readonly #sourceNamed: ReturnType<typeof sourceDirectory>;
  #starts = 0;
  #running: Running;

  constructor(parts: SimulatedAppParts) {
    this.#parts = parts;
    const { clock, config } = parts;
    this.store = memoryStore({ clock, law: { version: runVersion, phases, isTerminal, mayGo } });
    this.people = new PeopleRecord(() => clock.now());
    this.#ledger = this.#heard(memoryLedger(() => clock.now()));
    this.#dispatches = memoryQueue<Dispatch>(clock);
    this.#sourceNamed = sourceDirectory(config);
    this.#running = this.#start();
    // Notices are made of what comes after somebody asked for the first time.
    void this.store.noticesUpTo();
  }

  get engine(): Engine {
    return this.#running.engine;
  }

  get sourceNames(): readonly string[] {
    return this.#parts.config.sources.map(({ name }) => name);
  }

  get wheel(): LoopWheel {
    return this.#running.wheel;
  }

  /** Hands a webhook message in, as the intake queue would. */
  async receive(source: string, body: object): Promise<void> {
    const { clock } = this.#parts;
    const notification = {
      id: this.#ids.next(),
      source,
      receivedAt: clock.now(),
      bytes: JSON.stringify(body).length,
      message: parseWebhookMessage(body),
    };
    await takeIn(this.engine, this.#sourceNamed(source), notification);
  }

  nextId(): string {
    return this.#ids.next();
  }

  /** What is in hand is let go of, and another process goes on. */
  restart(): void {
    this.#stop();
    this.#running = this.#start();
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#dispatches.close();
    await this.#running.outside.close();
  }

  #heard(ledger: Ledger): Ledger {
    return {
      ...ledger,
      peek: async (request) => {
        const answer = await ledger.peek(request);
        if (answer.outcome === 'refused' && withholding.has(answer.claim.kind))
          this.withheld.push({ incident: request.run.replace(/-\d+$/, ''), guard: answer.claim.kind });
        return answer;
      },
    };
  }

  #stop(): void {
    this.#running.stopping.abort();
    // Its runs that wait for the clock end with it; nobody waits for them.
    void this.#running.consumer.close(0);
  }

  #start(): Running {
    this.#starts += 1;
    const { clock, config, rulebook, wires } = this.#parts;
    const log = this.#log();
    const connected = connectOutside(config, { clock, log, wires });
    const outside = { ...connected, people: this.people.recording(connected.people) };
    const stopping = new AbortController();
    const shelf = {
      current: rulebook,
      keep: async () => {
        for (const { hash, definition } of rulebook.rules) await this.store.keepDefinition(hash, definition as never);
      },
      definition: (hash: string) => Promise.resolve(rulebook.rules.find((rule) => rule.hash === hash)),
    };
    const given = {
      worker: `worker-${this.#starts}`,
      store: this.store,
      ledger: this.#ledger,
      dispatches: this.#dispatches,
      clock,
      ids: this.#ids,
      log,
      metrics: uncounted,
      stopping: stopping.signal,
      // The pause file is of this machine, not of the test.
      localPause: () => undefined,
    };
    const engine = makeEngine(given, { config, outside, shelf, speed: 1 });
    const consumer = this.#dispatches.consume({ concurrency, handler: (dispatch, signal) => execute(engine, dispatch, signal) });
    const wheel = new LoopWheel(workerLoops(engine, { config, outside, sourceNamed: this.#sourceNamed }), {
      now: clock.now(),
      need: () => this.#needs(engine, outside),
      failed: (loop, error) => log.error({ loop, err: error }, 'a background loop failed'),
    });
    return { engine, outside, wheel, consumer, stopping };
  }

  /** Whether a turn of a loop can find anything to do; of a loop that is not known here it is supposed. */
  #needs(engine: Engine, { people }: Outside): (loop: string) => Need {
    if (this.#parts.takesEveryTurn === true) return () => 'always';
    const { reconciling, calls, notices, hasNews, isAnyIncidentOpen, isAnythingPaused } = this.store.deadlines();
    return (loop) => {
      switch (loop) {
        case 'reconciler':
        case 'incident attendance':
          return reconciling ?? 'never';
        case 'calls':
          return calls ?? 'never';
        case 'notices':
          if (people.notices.length === 0) return 'never';
          return hasNews ? 'always' : (notices ?? 'never');
        case 'stuck incidents':
          return isAnyIncidentOpen ? 'always' : 'never';
        case 'source reconciler':
          return isAnyIncidentOpen || !this.#parts.isSourceQuiet() ? 'always' : 'never';
        case 'silences':
          return isAnyIncidentOpen && engine.rulebook().rules.some(({ silence }) => silence !== undefined) ? 'always' : 'never';
        case 'sweep':
          return isAnythingPaused ? 'always' : 'never';
        default:
          return 'always';
      }
    };
  }

  #log(): Log {
    const error = (data: object, message: string): void => {
      if (expected.has(message)) return;
      const { err } = data as { readonly err?: unknown };
      const told = err === undefined ? data : { ...data, err: `${codeOf(err)}: ${messageOf(err)}` };
      this.errors.push({ at: this.#parts.clock.now(), message, data: told });
    };
    return { debug: () => {}, info: () => {}, warn: () => {}, error };
  }
}

const nothing = (): void => {};

const uncounted: Metrics = {
  notification: nothing,
  alert: nothing,
  heartbeat: nothing,
  match: nothing,
  decision: nothing,
  runEnded: nothing,
  timeToAction: nothing,
  timeToResolve: nothing,
  action: nothing,
  verification: nothing,
  escalation: nothing,
  notice: nothing,
  silence: nothing,
  ruleFailed: nothing,
  refusedCredential: nothing,
  undo: nothing,
};
