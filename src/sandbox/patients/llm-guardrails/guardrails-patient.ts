import type { SandboxClock } from '../../clock.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { SandboxHandler } from '../../listen.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { ExecOutcome } from '../../kubernetes/serve/exec.ts';
import { backupCronJob, guardrailModels, llmGuardrails, promptGuardReplicas } from './platform.ts';
import { Breaker } from './breaker.ts';
import { GuardrailsCache } from './cache.ts';
import { GuardrailsDatabase } from './database.ts';
import { makeEarlierJob } from '../earlier-job.ts';
import type { Fault } from '../fault.ts';
import { FaultBook, type FaultKind } from '../fault-book.ts';
import { GuardrailsTraffic } from './guardrails-traffic.ts';
import { guardrailServer } from './guardrail-server.ts';
import { fallbackLatency, latencyUnder, refusalLatency, utilisation } from './model-capacity.ts';
import type { PatientWorld } from '../patient-world.ts';
import type { KnownAlert, Patient } from '../patient.ts';
import { platformApi } from './platform-api.ts';
import { areAllNewer, readyPods, type ReadyPod } from '../ready-pods.ts';
import type { Metric, Series } from '../series.ts';

export type GuardrailModel = (typeof guardrailModels)[number];

/** Requests per second: the formula gives 6 pods of prompt guard for the surge. */
const ordinaryRate = 24;
const surgeRate = 80;

const appNames = [...guardrailModels.map((model) => `model-${model}`), 'guardrail-server', 'platform-api', 'postgresql'];

/** The LLM Guardrails Platform as it lives: traffic through its models, breakers in front of them, its database. */
export class GuardrailsPatient implements Patient {
  readonly platform = llmGuardrails.name;
  readonly namespaces = llmGuardrails.namespaces;
  readonly alertNames = ['HighLatencyP99', 'AllModelsDown', 'DatabaseDown', 'SingleModelDown', 'HighMemoryUsage'];
  readonly faultAlerts = { 'stale-cache': ['HighLatencyP99'] };
  readonly services: Readonly<Record<string, SandboxHandler>> = {
    'guardrail-server': guardrailServer(this),
    'platform-api': platformApi(this),
  };
  readonly traffic = new GuardrailsTraffic();
  readonly database: GuardrailsDatabase;
  readonly cache: GuardrailsCache;
  readonly faults: FaultBook;
  readonly #clock: SandboxClock;
  readonly #cluster: Cluster;
  readonly #breakers = new Map(guardrailModels.map((model): [GuardrailModel, Breaker] => [model, new Breaker()]));
  #pods: ReadonlyMap<string, readonly ReadyPod[]> = new Map();
  #hasStarted = false;
  #steppedAt: number;

  constructor({ clock, cluster, stores }: PatientWorld) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#steppedAt = clock.now();
    const find = (fault: string): Fault | undefined => this.faults.find(fault);
    this.database = new GuardrailsDatabase({ cluster, namespace: this.namespaces[0], find });
    this.cache = new GuardrailsCache({ url: stores.redis.get('guardrails-cache'), find });
    this.faults = new FaultBook({ kinds: this.#kinds(), clock, refresh: () => this.step() });
    makeEarlierJob(cluster, { namespace: this.namespaces[0], cronJob: backupCronJob, suffix: 'last-night' });
  }

  /** The breakers of all models, in their order. */
  get breakers(): ReadonlyMap<GuardrailModel, Breaker> {
    return this.#breakers;
  }

  step(): void {
    const now = this.#clock.now();
    this.traffic.pass((now - this.#steppedAt) / 1000);
    this.#steppedAt = now;
    this.#pods = new Map(appNames.map((app) => [app, readyPods(this.#cluster, this.namespaces[0], app)]));
    // Until all pods have started for the first time there is nothing to serve with, and that is no illness.
    this.#hasStarted ||= appNames.every((app) => this.isServing(app));
    if (!this.#hasStarted) return;
    for (const [model, breaker] of this.#breakers) breaker.observe(this.isModelWorking(model), now);
    this.faults.step(now);
    this.database.step();
    this.cache.step();
    this.traffic.load = this.#load();
  }

  series(): readonly Series[] {
    const open = [...this.#breakers.values()].filter(({ state }) => state !== 'closed').length;
    const recorded = [
      { name: 'guardrail:request_latency_seconds:p99', labels: {}, value: this.traffic.p99 },
      { name: 'guardrail:circuit_breakers_open:count', labels: {}, value: open },
      { name: 'guardrail:requests:rate', labels: {}, value: this.traffic.load.requestsPerSecond },
      ...(Number.isNaN(this.cache.ratio) ? [] : [{ name: 'guardrail:redis_memory:ratio', labels: {}, value: this.cache.ratio }]),
    ];
    return [...this.metrics().flatMap(({ series }) => series), ...recorded];
  }

  /** What Prometheus scrapes, those of its exporters included. */
  metrics(): readonly Metric[] {
    return [...this.traffic.metrics(this.#breakers), ...this.database.metrics(this.isDatabaseUp()), ...this.cache.metrics()];
  }

  exec(pod: KubernetesObject, argv: readonly string[]): ExecOutcome | undefined {
    const outcome = this.database.exec(pod.metadata.name, argv, this.#clock.now());
    this.step();
    return outcome;
  }

  async close(): Promise<void> {
    await this.cache.close();
  }

  heal(): void {
    this.faults.clear();
    this.cache.heal();
    for (const breaker of this.#breakers.values()) breaker.close(this.#clock.now());
    this.step();
  }

  isSettled(): boolean {
    const isMoving = ([model, { state, isStuck }]: [GuardrailModel, Breaker]): boolean =>
      !isStuck && (state === 'closed') !== this.isModelWorking(model);
    // What happens in a real Redis is seen only by looking.
    const isLookedAt = this.faults.all().some(({ name }) => name in this.cache.kinds);
    return !isLookedAt && ![...this.#breakers].some(isMoving) && this.faults.isSettled();
  }

  alert(name: string, labels: Readonly<Record<string, string>>): KnownAlert | undefined {
    const known = this.#alerts(labels);
    return Object.hasOwn(known, name) ? known[name] : undefined;
  }

  isServing(app: string): boolean {
    return (this.#pods.get(app) ?? []).length > 0;
  }

  isDatabaseUp(): boolean {
    if (!this.#hasStarted) return true;
    const fault = this.faults.find('database-down');
    return this.isServing('postgresql') && !this.database.isLost() && !this.#isHung(fault, 'postgresql');
  }

  isModelWorking(model: GuardrailModel): boolean {
    const app = `model-${model}`;
    const faults = [this.faults.find('all-models-down'), this.faults.find('single-model-down', { model })];
    return this.isServing(app) && !faults.some((fault) => this.#isHung(fault, app));
  }

  closeBreaker(model: GuardrailModel): void {
    this.step();
    this.#breakers.get(model)?.close(this.#clock.now());
    const fault = this.faults.find('stuck-breaker');
    if (fault?.isStubborn === true) this.#breakers.get('prompt-guard')?.stick(this.#clock.now());
    this.step();
  }

  /** Pods that hang answer nothing, so all of them have to be newer than the fault. */
  #isHung(fault: Fault | undefined, app: string): boolean {
    return fault !== undefined && (fault.isStubborn || !areAllNewer(this.#pods.get(app) ?? [], fault.since));
  }

  #isBypassed(model: GuardrailModel): boolean {
    return this.#breakers.get(model)?.state !== 'closed' || !this.isModelWorking(model);
  }

  #load(): GuardrailsTraffic['load'] {
    const surge = this.faults.find('high-latency');
    const requestsPerSecond = surge === undefined ? ordinaryRate : surgeRate;
    if (!this.isServing('guardrail-server')) return { requestsPerSecond: 0, refusedShare: 0, latency: refusalLatency() };
    if (guardrailModels.every((model) => this.#isBypassed(model))) return { requestsPerSecond, refusedShare: 1, latency: refusalLatency() };
    if (this.#isBypassed('prompt-guard') || this.faults.find('stale-cache') !== undefined)
      return { requestsPerSecond, refusedShare: 0, latency: fallbackLatency() };
    // A stubborn surge grows with the pods.
    const pods = surge?.isStubborn === true ? Math.min(promptGuardReplicas, this.#promptGuards()) : this.#promptGuards();
    return { requestsPerSecond, refusedShare: 0, latency: latencyUnder(utilisation(requestsPerSecond, pods)) };
  }

  #promptGuards(): number {
    return (this.#pods.get('model-prompt-guard') ?? []).length;
  }

  #kinds(): Readonly<Record<string, FaultKind>> {
    const isRestarted = (app: string, { since }: Fault): boolean => areAllNewer(this.#pods.get(app) ?? [], since);
    return {
      'high-latency': {
        isLasting: true,
        onset: () => this.#scaleIn(),
        isCured: () => utilisation(surgeRate, Math.min(this.#promptGuards(), this.#wantedPromptGuards())) <= 1,
      },
      'stuck-breaker': {
        isLasting: false,
        onset: ({ since }) => this.#breakers.get('prompt-guard')?.stick(since),
        isCured: () => this.#breakers.get('prompt-guard')?.isStuck !== true,
      },
      'all-models-down': { isLasting: false, isCured: (fault) => guardrailModels.every((model) => isRestarted(`model-${model}`, fault)) },
      'database-down': { isLasting: false, isCured: (fault) => isRestarted('postgresql', fault) },
      ...this.database.kinds,
      ...this.cache.kinds,
      'single-model-down': {
        isLasting: false,
        labels: (given) => {
          const model = guardrailModels.find((name) => name === (given['model'] ?? 'prompt-guard'));
          return model === undefined ? undefined : { model };
        },
        isCured: (fault) => isRestarted(`model-${fault.labels['model'] ?? ''}`, fault),
      },
    };
  }

  #alerts(labels: Readonly<Record<string, string>>): Readonly<Record<string, KnownAlert>> {
    const model = guardrailModels.find((name) => name === (labels['model'] ?? 'prompt-guard'));
    const alert = (fault: string, isFiring: () => boolean): KnownAlert => ({
      fault,
      isUnwell: () => isFiring() || this.faults.hasUncured(fault, fault === 'single-model-down' ? { model: model ?? '' } : {}),
      fallIll: () => void this.faults.inject(fault, labels),
    });
    return {
      HighLatencyP99: alert('high-latency', () => this.traffic.p99 > 0.1 || this.#hasAny('stuck-breaker', 'stale-cache')),
      AllModelsDown: alert('all-models-down', () => [...this.#breakers.values()].every(({ state }) => state !== 'closed')),
      DatabaseDown: alert('database-down', () => !this.isDatabaseUp() || this.#hasAny('primary-lost', 'data-lost')),
      HighMemoryUsage: alert('memory-full', () => this.cache.isFull()),
      ...(model === undefined ? {} : { SingleModelDown: alert('single-model-down', () => this.#breakers.get(model)?.state !== 'closed') }),
    };
  }

  #hasAny(...faults: readonly string[]): boolean {
    return faults.some((fault) => this.faults.hasUncured(fault));
  }

  /** A surge comes over a platform that was scaled back since the last one. */
  #scaleIn(): void {
    const found = this.#cluster.get('Deployment', this.namespaces[0], 'model-prompt-guard');
    if (found === undefined || this.#wantedPromptGuards() <= promptGuardReplicas) return;
    this.#cluster.update(found, (live) => ({ ...live, spec: { ...(live['spec'] as object), replicas: promptGuardReplicas } }));
  }

  #wantedPromptGuards(): number {
    const spec = this.#cluster.get('Deployment', this.namespaces[0], 'model-prompt-guard')?.['spec'] as
      | { readonly replicas?: number }
      | undefined;
    return spec?.replicas ?? 0;
  }
}
