import type { SandboxClock } from '../../clock.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isReady } from '../../kubernetes/controllers/control.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../../listen.ts';
import { FaultBook } from '../fault-book.ts';
import type { PatientWorld } from '../patient-world.ts';
import type { KnownAlert, Patient } from '../patient.ts';
import { PoolSizes } from '../pool-sizes.ts';
import { expositionAnswer, type Metric, type Series } from '../series.ts';
import { llmResearch, researchPoolSize } from './platform.ts';
import { researchApi, type ResearchServed } from './research-api.ts';
import { ResearchBreakers } from './research-breakers.ts';
import { researchChannel } from './research-channel.ts';
import { exporterMetrics } from './research-exporters.ts';
import { readyLivePods, researchFaults, ResearchRevisions } from './research-faults.ts';
import {
  errorShare,
  exhaustedAbove,
  fullestPool,
  latencyOf,
  requestsPerSecond,
  slowAbove,
  type ResearchCondition,
} from './research-load.ts';
import { servingPods, standingPods, type ResearchPod } from './research-pods.ts';
import { ResearchSessions } from './research-sessions.ts';
import { ResearchTraffic, type ResearchLoad } from './research-traffic.ts';

/** Of the simulated database, where there is no real one. */
const simulatedMaxConnections = 500;
/** Connections of others than the API. */
const otherConnections = 9;

const namespace = llmResearch.namespaces[0];
const failsAbove = 0.01;

/** The LLM Research Lab as it lives: traffic through its API, and the connections that its pods hold to their database. */
export class ResearchPatient implements Patient {
  readonly platform = llmResearch.name;
  readonly namespaces = llmResearch.namespaces;
  readonly alertNames = ['DatabaseConnectionPoolExhausted', 'DependencyOutage', 'HighErrorRate', 'HighLatency', 'PodNotReady'];
  // A bad standby harms nobody until the traffic is switched to it.
  readonly faultAlerts = { 'idle-transactions': ['DatabaseConnectionPoolExhausted'], 'bad-standby': [] };
  readonly faultsAtRealSpeed = ['idle-transactions'];
  readonly services: Readonly<Record<string, SandboxHandler>>;
  readonly traffic = new ResearchTraffic();
  readonly faults: FaultBook;
  readonly #clock: SandboxClock;
  readonly #cluster: Cluster;
  readonly #breakers = new ResearchBreakers();
  readonly #poolSizes = new PoolSizes();
  readonly #sessions: ResearchSessions | undefined;
  readonly #revisions: ResearchRevisions;
  #pods: readonly ResearchPod[] = [];
  #steppedAt: number;

  constructor({ clock, cluster, stores }: PatientWorld) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#steppedAt = clock.now();
    const database = stores.postgres.get('llm-research');
    this.#sessions = database === undefined ? undefined : new ResearchSessions(database);
    this.#revisions = new ResearchRevisions(cluster);
    const kinds = researchFaults({
      cluster,
      revisions: this.#revisions,
      sessions: this.#sessions,
      condition: () => this.#condition(),
      resetPool: () => this.#resetPool(),
    });
    this.faults = new FaultBook({ kinds, clock, refresh: () => this.step() });
    this.services = {
      'llm-research-api': researchApi(() => this.#served()),
      'llm-research-admin': researchApi(() => this.#served()),
      'llm-research-exporters': async () => expositionAnswer(this.#exported()),
      'llm-research-channel': researchChannel(),
    };
  }

  step(): void {
    const now = this.#clock.now();
    this.traffic.pass((now - this.#steppedAt) / 1000);
    this.#steppedAt = now;
    this.#pods = servingPods(this.#cluster);
    this.#breakers.keep(new Set(this.#cluster.list('Pod', namespace).map(({ metadata }) => metadata.uid ?? '')));
    this.#poolSizes.note(this.#setting('CONNECTION_POOL_SIZE'), now);
    this.#ailAgain();
    this.faults.step(now);
    this.traffic.load = this.#load();
  }

  series(): readonly Series[] {
    const notReady = standingPods(this.#cluster).filter((pod) => !isReady(pod));
    const database = this.#database();
    const recorded: readonly (readonly [string, number])[] = [
      ['http_requests:error_ratio', this.traffic.errorRatio],
      ['http_requests:error_ratio1m', this.traffic.errorRatio],
      ['http_request_duration_seconds:p95', this.traffic.p95],
      ['db_pool_connections:ratio', this.traffic.poolRatio],
      ['db_connections:max', database.maxConnections],
      ['db_connections:used', database.connections],
      ['pods_not_ready:count', notReady.length],
    ];
    return [
      ...[...this.traffic.metrics(), ...this.#exported()].flatMap(({ series }) => series),
      ...recorded.map(([name, value]) => ({ name: `llm_research:${name}`, labels: {}, value })),
    ];
  }

  async answerPod(pod: KubernetesObject, request: SandboxRequest, signal: AbortSignal): Promise<SandboxResponse> {
    return await researchApi(() => ({ ...this.#served(), pod: pod.metadata.uid }))(request, signal);
  }

  heal(): void {
    this.faults.clear();
    this.#revisions.mend();
    void this.#sessions?.release();
    for (const pod of standingPods(this.#cluster).filter((each) => !isReady(each)))
      this.#cluster.setPodReady(namespace, pod.metadata.name, true);
    this.step();
  }

  /** What a real database does is seen by looking again. */
  isSettled(): boolean {
    return this.faults.isSettled() && !(this.#sessions !== undefined && this.faults.find('idle-transactions') !== undefined);
  }

  alert(name: string, labels: Readonly<Record<string, string>>): KnownAlert | undefined {
    const alert = (fault: string, isFiring: () => boolean, about: Readonly<Record<string, string>> = {}): KnownAlert => ({
      fault,
      isUnwell: () => isFiring() || this.faults.hasUncured(fault),
      fallIll: () => void this.faults.inject(fault, about),
    });
    const pod = labels['pod'] ?? '';
    const known: Readonly<Record<string, KnownAlert>> = {
      DatabaseConnectionPoolExhausted: alert('pool-exhausted', () => this.traffic.poolRatio > exhaustedAbove),
      DependencyOutage: alert('dependency-outage', () => this.faults.find('dependency-outage') !== undefined),
      HighErrorRate: alert('high-error-rate', () => this.traffic.errorRatio > failsAbove),
      HighLatency: alert('high-latency', () => this.traffic.p95 > slowAbove),
      PodNotReady: alert('pod-not-ready', () => this.#isAiling(pod), pod === '' ? {} : { pod }),
    };
    return Object.hasOwn(known, name) ? known[name] : undefined;
  }

  async close(): Promise<void> {
    await this.#sessions?.close();
  }

  /** A pod of this name is there and is not ready; without a name, any. */
  #isAiling(name: string): boolean {
    return standingPods(this.#cluster).some((pod) => (name === '' || pod.metadata.name === name) && !isReady(pod));
  }

  /** Where nothing cures it, the pod that took the place of the ailing one ails, too. */
  #ailAgain(): void {
    if (this.faults.find('pod-not-ready')?.isStubborn !== true || this.#isAiling('')) return;
    const [next] = readyLivePods(this.#cluster);
    if (next !== undefined) this.#cluster.setPodReady(namespace, next.metadata.name, false);
  }

  #condition(): ResearchCondition {
    const now = this.#clock.now();
    return {
      pods: this.#pods,
      sizes: this.#pods.map(({ createdAt }) => this.#poolSizes.at(createdAt)),
      configuredSize: this.#poolSizes.at(now),
      heldSessions: this.#sessions?.state?.missed ?? 0,
      breakers: this.#breakers,
      faults: this.faults,
      isBad: (image) => this.#revisions.isBad(image),
    };
  }

  #load(): ResearchLoad {
    const condition = this.#condition();
    const pool = fullestPool(condition);
    return {
      requestsPerSecond: this.#pods.length === 0 ? 0 : requestsPerSecond(condition),
      errorShare: errorShare(condition),
      latency: latencyOf(condition),
      pool,
    };
  }

  #served(): ResearchServed {
    this.step();
    return {
      pod: this.#pods[0]?.uid,
      isPoolExhausted: this.traffic.poolRatio > exhaustedAbove,
      isInMaintenance: this.#setting('MAINTENANCE_MODE') === 'true',
      breakers: this.#breakers,
      metrics: this.traffic.metrics(),
    };
  }

  #exported(): readonly Metric[] {
    this.step();
    const down = new Set(this.faults.find('dependency-outage') === undefined ? [] : ['openai-api']);
    return exporterMetrics({ pods: this.#cluster.list('Pod', namespace), database: this.#database(), down });
  }

  #database(): { readonly maxConnections: number; readonly connections: number } {
    const real = this.#sessions?.state;
    if (real !== undefined) return real;
    return { maxConnections: simulatedMaxConnections, connections: otherConnections + this.#pods.length * this.traffic.load.pool.active };
  }

  /** The surge comes over a platform whose pool was set back to what it was at first. */
  #resetPool(): void {
    const found = this.#cluster.get('ConfigMap', namespace, 'llm-research-config');
    const size = String(researchPoolSize);
    if (found !== undefined && this.#setting('CONNECTION_POOL_SIZE') !== size) {
      this.#cluster.update(found, (live) => ({ ...live, data: { ...(live['data'] as object), CONNECTION_POOL_SIZE: size } }));
    }
    this.#poolSizes.reset(researchPoolSize);
  }

  #setting(key: string): string | undefined {
    const data = this.#cluster.get('ConfigMap', namespace, 'llm-research-config')?.['data'] as Readonly<Record<string, string>> | undefined;
    return data?.[key];
  }
}
