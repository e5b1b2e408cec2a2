import type { SandboxClock } from '../../clock.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { SandboxHandler } from '../../listen.ts';
import { FaultBook, type FaultKind } from '../fault-book.ts';
import type { Fault } from '../fault.ts';
import type { PatientWorld } from '../patient-world.ts';
import type { KnownAlert, Patient } from '../patient.ts';
import { areAllNewer, readyPods, type ReadyPod } from '../ready-pods.ts';
import { gauge, type Metric, type Series } from '../series.ts';
import { safetyReplicas, safetyServices, safetyStreams, safetySystem, type SafetyService } from './platform.ts';
import { safetyLoad, surgeScreenings } from './safety-load.ts';
import { safetyHandlers } from './safety-services.ts';
import { ofService, ofStream, serviceIn, streamIn } from './labelled-fault.ts';
import { SafetyStreams } from './safety-streams.ts';
import { SafetyTraffic, type LlmProvider } from './safety-traffic.ts';
import { SafetyWorkloads } from './safety-workloads.ts';
import { screeningLoad } from './screening-capacity.ts';

/** The AI-Powered Safety System as it lives: messages screened, streams worked off, a language model asked, actions carried out. */
export class SafetyPatient implements Patient {
  readonly platform = safetySystem.name;
  readonly namespaces = safetySystem.namespaces;
  readonly alertNames = [
    'HighScreeningLatency',
    'QueueBacklog',
    'LLMProviderDown',
    'HighFalsePositiveRate',
    'SafetyServiceNotStarting',
    'SafetyActionsFailing',
    'EventIngestionTooFew',
  ];
  readonly faultsForPeople = ['service-not-starting', 'actions-failing'];
  readonly services: Readonly<Record<string, SandboxHandler>> = safetyHandlers(this);
  readonly traffic = new SafetyTraffic();
  readonly faults: FaultBook;
  readonly #clock: SandboxClock;
  readonly #cluster: Cluster;
  readonly #workloads: SafetyWorkloads;
  readonly #streams: SafetyStreams;
  #provider: LlmProvider = 'primary';
  #pods: ReadonlyMap<string, readonly ReadyPod[]> = new Map();
  #hasStarted = false;
  #steppedAt: number;

  constructor({ clock, cluster, stores }: PatientWorld) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#workloads = new SafetyWorkloads(cluster);
    this.#streams = new SafetyStreams(stores.redis.get('safety-events'));
    this.#steppedAt = clock.now();
    this.faults = new FaultBook({ kinds: this.#kinds(), clock, refresh: () => this.step() });
  }

  /** Which provider of language models is asked. */
  get provider(): LlmProvider {
    return this.#provider;
  }

  step(): void {
    const now = this.#clock.now();
    const seconds = (now - this.#steppedAt) / 1000;
    this.#steppedAt = now;
    this.traffic.pass(seconds);
    const apps = [...safetyServices, 'qdrant'];
    this.#pods = new Map(apps.map((app) => [app, readyPods(this.#cluster, this.namespaces[0], app)]));
    // Until all pods have started for the first time there is nothing to serve with, and that is no illness.
    this.#hasStarted ||= apps.every((app) => this.isServing(app));
    if (!this.#hasStarted) return;
    this.#streams.pass(seconds, (stream) => ({
      pods: this.#podsOf(safetyStreams[stream]),
      surge: this.faults.find('queue-backlog', { stream }),
      hung: this.faults.find('consumer-hung', { stream }),
    }));
    this.faults.step(now);
    this.#persist();
    this.traffic.load = this.#load();
  }

  series(): readonly Series[] {
    const raw = [...this.streamMetrics(), ...this.traffic.metrics(), ...this.replicaMetrics()];
    return [...raw.flatMap(({ series }) => series), ...this.traffic.recorded(), ...this.#streams.recorded()];
  }

  streamMetrics(): readonly Metric[] {
    return this.#streams.metrics();
  }

  /** As kube-state-metrics tells them. */
  replicaMetrics(): readonly Metric[] {
    const all = this.#workloads.replicas();
    return [
      gauge(
        'kube_deployment_status_replicas_available',
        'Replicas that are available.',
        all.map(({ name, available }) => [{ deployment: name }, available]),
      ),
      gauge(
        'kube_deployment_status_replicas_unavailable',
        'Replicas that are not available.',
        all.map(({ name, unavailable }) => [{ deployment: name }, unavailable]),
      ),
    ];
  }

  heal(): void {
    this.faults.clear();
    this.#streams.clear();
    this.#workloads.heal();
    this.step();
  }

  isSettled(): boolean {
    return this.faults.isSettled() && this.#streams.isSettled();
  }

  alert(name: string, labels: Readonly<Record<string, string>>): KnownAlert | undefined {
    const known = this.#alerts(labels);
    return Object.hasOwn(known, name) ? known[name] : undefined;
  }

  isServing(app: string): boolean {
    return (this.#pods.get(app) ?? []).length > 0;
  }

  switchProvider(provider: LlmProvider): void {
    this.step();
    this.#provider = provider;
    this.step();
  }

  async close(): Promise<void> {
    await this.#streams.close();
  }

  #podsOf(app: SafetyService): readonly ReadyPod[] {
    return this.#pods.get(app) ?? [];
  }

  /** Those that are ready and are to stay. */
  #lasting(app: SafetyService): number {
    return Math.min(this.#podsOf(app).length, this.#workloads.wanted(app));
  }

  #isRestarted(app: SafetyService, { since }: Fault): boolean {
    return areAllNewer(this.#podsOf(app), since);
  }

  #load(): ReturnType<typeof safetyLoad> {
    const failing = this.faults.find('actions-failing');
    return safetyLoad({
      screeners: this.#podsOf('risk-screening').length,
      reasoners: this.#podsOf('reasoning').length,
      executors: this.#podsOf('action-executor').length,
      provider: this.#provider,
      badModels: this.#badModels(),
      surge: this.faults.find('high-screening-latency'),
      outage: this.faults.find('llm-provider-down'),
      areActionsFailing: failing !== undefined && (failing.isStubborn || !this.#isRestarted('action-executor', failing)),
    });
  }

  #badModels(): number {
    const fault = this.faults.find('false-positives');
    const pods = this.#podsOf('risk-screening');
    if (fault === undefined || pods.length === 0) return 0;
    return fault.isStubborn ? 1 : pods.filter(({ image }) => this.#workloads.isBadModel(image)).length / pods.length;
  }

  /** Stubborn faults of Deployments come back whatever is done. */
  #persist(): void {
    for (const { name, isStubborn, labels } of this.faults.all()) {
      if (!isStubborn) continue;
      const deployment = serviceIn(labels);
      if (name === 'service-not-starting' && deployment !== undefined && !this.#workloads.isBroken(deployment))
        this.#workloads.releaseBroken(deployment);
      if (name === 'ingestion-scaled-in' && this.#workloads.wanted('event-ingestion') > 1) this.#workloads.scale('event-ingestion', 1);
    }
  }

  #kinds(): Readonly<Record<string, FaultKind>> {
    return {
      'high-screening-latency': {
        isLasting: true,
        onset: () => this.#workloads.scaleBack('risk-screening'),
        isCured: () => screeningLoad(surgeScreenings, this.#lasting('risk-screening')) <= 1,
      },
      'queue-backlog': ofStream({
        isLasting: true,
        onset: (stream) => {
          this.#workloads.scaleBack(safetyStreams[stream]);
          this.#streams.startSurge(stream);
        },
        isCured: (stream) => this.#streams.isSurgeMet(stream, this.#podsOf(safetyStreams[stream])),
      }),
      'consumer-hung': ofStream({
        isLasting: false,
        onset: (stream) => this.#streams.startHanging(stream),
        isCured: (stream, fault) => this.#isRestarted(safetyStreams[stream], fault),
      }),
      'llm-provider-down': {
        isLasting: true,
        onset: () => {
          this.#provider = 'primary';
        },
        isCured: () => this.#provider === 'fallback',
      },
      'false-positives': {
        isLasting: false,
        onset: () => this.#workloads.releaseBadModel(),
        isCured: () => this.isServing('risk-screening') && this.#badModels() === 0 && !this.#workloads.isBadModelWanted(),
      },
      'service-not-starting': ofService({
        isLasting: false,
        onset: (service) => this.#workloads.releaseBroken(service),
        isCured: (service) => !this.#workloads.isBroken(service) && this.#workloads.isWhole(service),
      }),
      'actions-failing': { isLasting: false, isCured: (fault) => this.#isRestarted('action-executor', fault) },
      'ingestion-scaled-in': {
        isLasting: false,
        onset: () => this.#workloads.scale('event-ingestion', 1),
        isCured: () => this.#lasting('event-ingestion') >= safetyReplicas['event-ingestion'],
      },
    };
  }

  #alerts(labels: Readonly<Record<string, string>>): Readonly<Record<string, KnownAlert>> {
    const alert = (fault: string, isFiring: () => boolean, of: Readonly<Record<string, string>> = {}): KnownAlert => ({
      fault,
      isUnwell: () => (this.#hasStarted && isFiring()) || this.faults.hasUncured(fault, of),
      fallIll: () => void this.faults.inject(fault, labels),
    });
    const { load } = this.traffic;
    const stream = streamIn(labels);
    const deployment = serviceIn(labels);
    return {
      HighScreeningLatency: alert('high-screening-latency', () => this.traffic.screeningP99 > 200),
      LLMProviderDown: alert('llm-provider-down', () => load.timeouts > 0.5),
      HighFalsePositiveRate: alert('false-positives', () => load.falsePositives > 0.1),
      SafetyActionsFailing: alert('actions-failing', () => load.failedActions > 0.1),
      EventIngestionTooFew: alert('ingestion-scaled-in', () => this.#podsOf('event-ingestion').length < safetyReplicas['event-ingestion']),
      ...(stream === undefined
        ? {}
        : {
            QueueBacklog: alert(
              'queue-backlog',
              () => this.#streams.isBacklogged(stream) || this.faults.hasUncured('consumer-hung', { stream }),
              { stream },
            ),
          }),
      ...(deployment === undefined
        ? {}
        : { SafetyServiceNotStarting: alert('service-not-starting', () => !this.#workloads.isWhole(deployment), { deployment }) }),
    };
  }
}
