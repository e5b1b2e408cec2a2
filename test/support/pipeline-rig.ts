import { checks } from '../../src/checks/catalogue.ts';
import { countedIds } from '../../src/adapters/clock/counted-ids.ts';
import { manualClock, type ManualClock } from '../../src/adapters/clock/manual-clock.ts';
import { memoryLedger } from '../../src/adapters/memory/memory-ledger.ts';
import { memoryQueue } from '../../src/adapters/memory/memory-queue.ts';
import { memoryStore } from '../../src/adapters/memory/memory-store.ts';
import { parseWebhookMessage } from '../../src/alert/webhook-message.ts';
import { guards } from '../../src/guards/catalogue.ts';
import type { Protection } from '../../src/guards/guard.ts';
import { callAboutStuck } from '../../src/pipeline/call-about-stuck.ts';
import { deliverNotices } from '../../src/pipeline/deliver-notices.ts';
import type { Dispatch, Engine, Timing } from '../../src/pipeline/engine.ts';
import { execute } from '../../src/pipeline/execute.ts';
import { takeIn, type IntakeSource } from '../../src/pipeline/intake.ts';
import { lookAfterCalls } from '../../src/pipeline/look-after-calls.ts';
import { makeNotices } from '../../src/pipeline/make-notices.ts';
import { attendIncidents, reconcile, reconcileSources } from '../../src/pipeline/reconcile.ts';
import type { Channel } from '../../src/ports/channel.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Metrics } from '../../src/ports/metrics.ts';
import type { Sample } from '../../src/ports/prometheus.ts';
import type { Queue } from '../../src/ports/queue.ts';
import type { OutboxMessage } from '../../src/ports/people-store.ts';
import type { Store } from '../../src/ports/store.ts';
import type { CompiledRule } from '../../src/rule/compiled-rule.ts';
import type { Limits } from '../../src/rule/guard-settings.ts';
import { emptyRulebook, type Rulebook } from '../../src/rule/rulebook.ts';
import { isTerminal, phases } from '../../src/run/phase.ts';
import { runVersion, type Run } from '../../src/run/run.ts';
import { mayGo } from '../../src/run/transition.ts';
import { parseTimeInterval, type WrittenTimeInterval } from '../../src/value/time-interval.ts';
import { absentReaders, absentWriters } from './actions/absent.ts';
import { Mortality } from './pipeline/mortality.ts';
import { rulebookOf, rulesFile, slowRule, testActions } from './pipeline/rules.ts';
import { SourceSide, type Fired } from './pipeline/source-side.ts';
import { World } from './pipeline/world.ts';

export interface RigOptions {
  readonly rules?: string;
  readonly evidence?: 'api' | 'receipt';
  readonly limits?: Limits;
  readonly timing?: Partial<Timing>;
  /** How the first worker ends; further ones live. */
  readonly mortality?: Mortality;
  readonly engine?: Partial<Engine>;
  /** Receivers of the source that are configured to be ours. */
  readonly receivers?: readonly string[];
  /** What else has the Alertmanager of `main`, after it. */
  readonly sources?: readonly IntakeSource[];
  /** Kinds of notices that `told` is told of. */
  readonly notices?: readonly string[];
  /** How long guards may keep an incident from being acted upon without a word, ms; a day unless told. */
  readonly quiet?: number;
  readonly intervals?: Readonly<Record<string, readonly WrittenTimeInterval[]>>;
}

const timing: Timing = {
  lease: 8000,
  guardTimeout: 5000,
  checkTimeout: 10_000,
  admissionAge: 10_000,
  runLife: 3_600_000,
  approvalLife: 3_600_000,
  targetCooldown: 30_000,
};

/** The real pipeline on the in-memory store, ledger and queue; time moves only when told, the outside is scripted. */
export class PipelineRig {
  readonly clock: ManualClock = manualClock();
  readonly store: Store;
  readonly ledger: Ledger;
  readonly dispatches: Queue<Dispatch>;
  readonly world: World;
  readonly sources: SourceSide;
  readonly engine: Engine;
  /** Calls, and those that were taken back. */
  readonly paged: OutboxMessage[] = [];
  readonly handled: OutboxMessage[] = [];
  readonly told: OutboxMessage[] = [];
  /** Whether the channel of notices takes nothing. */
  tellAway = false;
  /** What was logged as an error, or escaped a loop. */
  readonly errors: unknown[] = [];
  readonly protection = { targets: [] as string[], namespaces: [] as string[] };
  /** Who takes notifications in; the first worker unless told. */
  engineForIntake: Engine;
  localPause: string | undefined;
  /** What Prometheus answers; by default 0 once `web` has four replicas, else 1. */
  prometheus: () => readonly Sample[] | Promise<readonly Sample[]>;
  readonly #teller: Channel = {
    name: 'notices',
    isKept: false,
    send: async ({ message }) => {
      if (this.tellAway) throw new Error('away');
      this.told.push(message);
    },
  };
  readonly #pager: Channel = {
    name: 'pager',
    isKept: false,
    send: async ({ message }) => void (message.kind === 'handled' ? this.handled : this.paged).push(message),
  };
  readonly #ids = countedIds();
  readonly #definitions = new Map<string, CompiledRule>();
  readonly #options: RigOptions;
  readonly #sources: readonly [IntakeSource, ...IntakeSource[]];
  #rulebook: Rulebook = emptyRulebook;
  #workers = 0;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    const receivers = options.receivers === undefined ? {} : { receivers: options.receivers };
    this.#sources = [{ name: 'main', labelsFor: () => ({}), tombstone: 600_000, ...receivers }, ...(options.sources ?? [])];
    const law = { version: runVersion, phases, isTerminal, mayGo };
    this.store = memoryStore({ clock: this.clock, law });
    this.ledger = memoryLedger(() => this.clock.now());
    this.dispatches = memoryQueue<Dispatch>(this.clock);
    this.world = new World({ now: () => this.clock.now(), journalTypes: () => this.journalTypes() });
    this.world.add('web', 2);
    this.world.add('db', 1);
    this.sources = new SourceSide(this.clock, options.evidence ?? 'api', this.#sources);
    this.prometheus = () => [{ labels: {}, at: this.clock.now(), value: this.world.replicas('web') >= 4 ? 0 : 1 }];
    this.load(options.rules ?? rulesFile(slowRule()));
    this.engine = this.addWorker(options.mortality);
    this.engineForIntake = this.engine;
  }

  /** Replaces the rules; runs that exist keep theirs. */
  load(text: string): void {
    this.#rulebook = rulebookOf(text, this.#options.limits);
    for (const rule of this.#rulebook.rules) this.#definitions.set(rule.hash, rule);
  }

  /** One more process that works on runs. */
  addWorker(mortality?: Mortality): Engine {
    this.#workers += 1;
    const engine = this.#engineOf(`worker-${this.#workers}`, mortality);
    const handle = async (dispatch: Dispatch): Promise<void> => {
      await execute(engine, dispatch);
    };
    const consumer = this.dispatches.consume({ concurrency: 8, handler: handle });
    if (mortality !== undefined) {
      // Its calls are those of runs alone, and a dead process takes no more of them.
      mortality.onStop = () => void consumer.close(0);
      return engine;
    }
    const loop = (every: number, work: () => Promise<void>) =>
      this.clock.every(every, () => void work().catch((error: unknown) => this.errors.push(error)));
    loop(1000, () => reconcile(engine));
    loop(1000, () => attendIncidents(engine));
    loop(30_000, () => reconcileSources(engine, (name) => this.#named(name)));
    loop(2000, () => lookAfterCalls({ ...engine, channels: [this.#pager] }));
    loop(30_000, () => callAboutStuck(engine, this.#options.quiet ?? 86_400_000));
    const notices = [{ channel: this.#teller, on: new Set(this.#options.notices) }];
    if (this.#options.notices === undefined) return engine;
    loop(1000, async () => {
      await makeNotices(engine, notices);
      await deliverNotices({ ...engine, channels: notices });
    });
    return engine;
  }

  /** Sends alerts as one notification, and lets the source have them as they are. */
  async send(
    alerts: readonly Fired[],
    { isKnownToSource = true, source = 'main', trace }: { isKnownToSource?: boolean; source?: string; trace?: string } = {},
  ): Promise<void> {
    if (isKnownToSource) this.sources.note(alerts);
    const message = parseWebhookMessage({
      version: '4',
      receiver: 'fixpoint',
      alerts: alerts.map((alert) => this.sources.webhookAlert(alert)),
    });
    const traced = trace === undefined ? {} : { trace };
    const notification = { id: this.#ids.next(), source, receivedAt: this.clock.now(), bytes: 1000, message, ...traced };
    await takeIn(this.engineForIntake, this.#named(source), notification);
  }

  /** Moves time on, timer by timer, until the condition holds; fails after `limit` ms of it. */
  async until(condition: () => boolean | Promise<boolean>, limit = 600_000): Promise<void> {
    const end = this.clock.now() + limit;
    await this.clock.advance(0);
    while (!(await condition())) {
      if (this.clock.now() >= end) throw new Error(`not so within ${limit} ms: ${condition.toString()}\n${await this.describe()}`);
      await this.clock.next();
    }
  }

  async untilEnded(limit = 600_000): Promise<Run> {
    await this.until(async () => {
      const runs = await this.runs();
      return runs.length > 0 && runs.every((run) => isTerminal(run.phase));
    }, limit);
    // Until the outbox has been looked through.
    await this.clock.advance(2000);
    return await this.newest();
  }

  async untilPhase(phase: Run['phase'], limit?: number): Promise<Run> {
    await this.until(async () => (await this.runs()).some((run) => run.phase === phase), limit);
    return await this.newest();
  }

  /** Newest first. */
  async runs(): Promise<readonly Run[]> {
    const { runs } = await this.store.runs({ limit: 1000 });
    return runs.toSorted((a, b) => b.createdAt - a.createdAt || b.attempt - a.attempt);
  }

  async newest(): Promise<Run> {
    const [run] = await this.runs();
    if (run === undefined) throw new Error('there is no run');
    return run;
  }

  async journalTypes(): Promise<readonly string[]> {
    return (await this.store.journal('0', 10_000)).map(({ type }) => type);
  }

  get effects(): readonly string[] {
    return this.world.effects.map(({ what }) => what);
  }

  #named(name: string): IntakeSource {
    return this.#sources.find((source) => source.name === name) ?? this.#sources[0];
  }

  async describe(): Promise<string> {
    const runs = (await this.runs()).map((run) => `${run.id} ${run.phase}: ${run.reason}`);
    const journal = (await this.store.journal('0', 10_000)).slice(-40).map(({ type, data }) => `${type} ${JSON.stringify(data)}`);
    return [...runs, ...journal, ...this.errors.map(String)].join('\n');
  }

  #engineOf(worker: string, mortality = new Mortality()): Engine {
    const reader = mortality.bind(this.world.reader());
    return {
      worker,
      store: mortality.bind(this.store),
      ledger: mortality.bind(this.ledger),
      dispatches: mortality.bind(this.dispatches),
      clock: this.clock,
      ids: this.#ids,
      log: this.#log(),
      metrics: quietMetrics,
      actions: testActions,
      checks,
      guards,
      kubernetes: reader,
      http: mortality.bind(noHttp),
      ...absentReaders,
      prometheus: mortality.bind({ query: async () => await this.prometheus() }),
      evidence: mortality.bind(this.sources.evidence),
      limits: this.#options.limits ?? {},
      timing: { ...timing, ...this.#options.timing },
      speed: 1,
      writers: (permit) => ({
        kubernetes: mortality.bind(this.world.writer(permit)),
        http: { send: () => Promise.reject(new Error('no HTTP here')) },
        ...absentWriters,
      }),
      keepRules: () => Promise.resolve(),
      rulebook: () => this.#rulebook,
      definition: (hash) => Promise.resolve(this.#definitions.get(hash)),
      protection: (): Protection => this.protection,
      localPause: () => this.localPause,
      intervals: new Map(Object.entries(this.#options.intervals ?? {}).map(([name, written]) => [name, written.map(parseTimeInterval)])),
      ...this.#options.engine,
    };
  }

  #log(): Log {
    const error = (data: object, message: string): void => void this.errors.push({ message, ...data });
    return { debug: () => {}, info: () => {}, warn: () => {}, error };
  }
}

const noHttp = { read: () => Promise.reject(new Error('no HTTP here')), targetOf: () => undefined, endpointsOf: () => undefined };

export const quietMetrics: Metrics = {
  notification: () => {},
  alert: () => {},
  heartbeat: () => {},
  match: () => {},
  decision: () => {},
  runEnded: () => {},
  timeToAction: () => {},
  timeToResolve: () => {},
  action: () => {},
  verification: () => {},
  escalation: () => {},
  notice: () => {},
  silence: () => {},
  ruleFailed: () => {},
  undo: () => {},
  refusedCredential: () => {},
};
