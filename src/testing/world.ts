import type { ManualClock } from '../adapters/clock/manual-clock.ts';
import { textAnswer } from '../sandbox/answer.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../sandbox/listen.ts';
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import type { Json } from '../value/json.ts';
import { HttpServices, noAnswer } from './http-services.ts';
import { MetricBook } from './metric-book.ts';
import { PodBook } from './pod-book.ts';
import { PostgresStandIn } from './postgres-stand-in.ts';
import { RedisStandIn } from './redis-stand-in.ts';
import { SimulatedAlertmanager } from './simulated-alertmanager.ts';
import { simulatedPrometheus } from './simulated-prometheus.ts';
import { inProcessCluster, inProcessHttp } from './wire.ts';
import { WorldExpressions } from './world-expression.ts';
import type { WorldText } from './world-text.ts';
import type { Wires } from '../app/wires.ts';

/** Where requests go that leave by HTTP. */
export interface Places {
  /** Origins of Alertmanagers, of Prometheus servers, and of HTTP connections with their names. */
  readonly alertmanagers: ReadonlySet<string>;
  readonly prometheus: ReadonlySet<string>;
  connectionAt(origin: string): string | undefined;
}

/** Everything outside of Fixpoint, as one test has it, in its own time. */
export class World {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly alertmanager: SimulatedAlertmanager;
  readonly metrics: MetricBook;
  readonly http: HttpServices;
  readonly pods: PodBook;
  readonly expressions: WorldExpressions;
  readonly redis: RedisStandIn;
  readonly postgres: PostgresStandIn;
  readonly wires: Wires;
  /** What was asked and the test says nothing of, each once. */
  readonly unanswered = new Set<string>();
  readonly platform: string | undefined;
  readonly #down = new Set<string>();
  readonly #requests: string[] = [];
  readonly #places: Places;
  readonly #prometheus: SandboxHandler;
  readonly #epoch: number;
  #state: Readonly<Record<string, Json>> = {};

  constructor({ clock, epoch, text, places }: { clock: ManualClock; epoch: number; text: WorldText; places: Places }) {
    this.clock = clock;
    this.#epoch = epoch;
    this.#places = places;
    this.platform = text.platform;
    this.pods = new PodBook((changes) => this.setState(changes));
    this.pods.add(text.pods);
    this.sandbox = createSandbox({
      speed: 1,
      clock: { now: () => clock.now(), schedule: (ms, callback) => cancelled(clock.after(Math.max(0, ms), callback)) },
      wallNow: () => clock.now(),
      platforms: text.platform === undefined ? [] : [text.platform],
      pods: this.pods,
    });
    const note = (line: string): void => void this.#requests.push(line);
    this.alertmanager = new SimulatedAlertmanager(() => clock.now());
    const expressions = this.#expressions();
    this.expressions = expressions;
    this.metrics = new MetricBook(expressions, text.interval);
    this.redis = new RedisStandIn({ now: () => clock.now(), sent: note });
    this.postgres = new PostgresStandIn({
      now: () => clock.now(),
      sent: note,
      unanswered: (connection, sql) => this.unanswered.add(`postgres.${connection}.queries: ${sql}`),
    });
    this.http = new HttpServices({
      expressions,
      setState: (changes) => this.setState(changes),
      platformService: (connection) => this.#serviceOf(connection),
      unanswered: (connection, request) => this.unanswered.add(`http.${connection}: ${request}`),
    });
    this.#prometheus = simulatedPrometheus({
      metrics: this.metrics,
      alertmanager: this.alertmanager,
      now: () => clock.now(),
      elapsed: () => this.elapsed(),
      platform: this.sandbox.handlers.prometheus,
      unanswered: (query) => this.unanswered.add(`metrics: ${query}`),
    });
    this.wires = {
      http: inProcessHttp(clock, (url, request, signal) => this.#route(url, request, signal)),
      cluster: (name) => inProcessCluster(clock, name, (request, signal) => this.#kubernetes(request, signal)),
      redis: this.redis,
      postgres: this.postgres,
    };
  }

  /** Ms since the start of the test; before it, negative. */
  elapsed(): number {
    return this.clock.now() - this.#epoch;
  }

  get state(): Readonly<Record<string, Json>> {
    return this.#state;
  }

  /** Requests that change something, one line each, in order. */
  get requests(): readonly string[] {
    return this.#requests;
  }

  setState(changes: Readonly<Record<string, Json>>): void {
    this.#state = { ...this.#state, ...changes };
  }

  setDown(name: string, isDown: boolean): void {
    if (isDown) this.#down.add(name);
    else this.#down.delete(name);
  }

  /** Whether the source knows of nothing that fires, and answers. */
  get isQuiet(): boolean {
    return this.alertmanager.isQuiet && !this.#down.has('alertmanager');
  }

  close(): Promise<void> {
    return this.sandbox.close();
  }

  async #route(url: URL, request: SandboxRequest, signal: AbortSignal): Promise<SandboxResponse> {
    const origin = url.origin;
    if (this.#places.alertmanagers.has(origin) && request.path.startsWith('/api/v2/')) {
      if (this.#down.has('alertmanager')) return await noAnswer(signal);
      return this.alertmanager.answer(request);
    }
    if (this.#places.prometheus.has(origin) && request.path.startsWith('/api/v1/')) {
      return this.#down.has('prometheus') ? await noAnswer(signal) : await this.#prometheus(request, signal);
    }
    const connection = this.#places.connectionAt(origin);
    const pod = connection === undefined ? this.#podAt(url.hostname) : undefined;
    if (pod !== undefined) {
      if (request.method !== 'GET' && request.method !== 'HEAD') this.#requests.push(`${request.method} pod/${pod} ${request.path}`);
      return await this.sandbox.handlers.pods({ ...request, headers: { ...request.headers, host: url.host } }, signal);
    }
    // What is left are the channels to people: they take what they get.
    if (connection === undefined) return textAnswer(200, '');
    if (request.method !== 'GET' && request.method !== 'HEAD') this.#requests.push(`${request.method} ${connection} ${request.path}`);
    if (this.#down.has(connection)) return await noAnswer(signal);
    return await this.http.answer(connection, request, signal);
  }

  async #kubernetes(request: SandboxRequest, signal: AbortSignal): Promise<SandboxResponse> {
    const response = await this.sandbox.handlers.kubernetes(request, signal);
    const isEffect = request.method !== 'GET' && !request.query.has('dryRun') && !/\/(?:events|\w+reviews)$/.test(request.path);
    if (isEffect && response.status < 300) this.#requests.push(`${request.method} kubernetes ${request.path}`);
    return response;
  }

  /** The name of the simulated pod at an address. */
  #podAt(address: string): string | undefined {
    return this.sandbox.cluster.list('Pod').find(({ status }) => (status as { podIP?: string } | undefined)?.podIP === address)?.metadata
      .name;
  }

  #serviceOf(connection: string): SandboxHandler | undefined {
    const { services } = this.sandbox.handlers;
    return Object.hasOwn(services, connection) ? services[connection] : undefined;
  }

  #expressions(): WorldExpressions {
    return new WorldExpressions({
      elapsed: () => this.elapsed(),
      state: () => this.#state,
      object: (kind, namespace, name) => this.sandbox.cluster.get(kind, namespace, name),
      fires: (alert) => this.alertmanager.fires(alert),
      requests: (text) => this.#requests.filter((line) => line.includes(text)).length,
      redisSetting: (connection, setting) => this.redis.setting(connection, setting),
      sessions: (connection) => this.postgres.sessions(connection),
    });
  }
}

function cancelled(timer: { stop(): void }): { cancel(): void } {
  return { cancel: () => timer.stop() };
}
