import type { SandboxClock } from '../../clock.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { SandboxHandler } from '../../listen.ts';
import { llmResearch, researchImage, researchPoolSize } from './platform.ts';
import { FaultBook, type FaultKind } from '../fault-book.ts';
import type { PatientWorld } from '../patient-world.ts';
import type { KnownAlert, Patient } from '../patient.ts';
import { PoolSizes } from '../pool-sizes.ts';
import { readyPods, type ReadyPod } from '../ready-pods.ts';
import { researchApi } from './research-api.ts';
import { ResearchTraffic, type ResearchLoad } from './research-traffic.ts';
import type { Series } from '../series.ts';

const app = 'llm-research-api';
const requestsPerSecond = 40;

/** Connections that the requests of one pod want at a time. */
const ordinaryConnections = 12;
const surgeConnections = 60;

const exhaustedAbove = 0.9;
const badRevisionErrors = 0.3;

interface DeploymentSpec {
  readonly template: { readonly spec: { readonly containers: readonly { readonly image?: string }[] } };
}

/** The LLM Research Lab as it lives: traffic through its API and the connections that its pods hold to their database. */
export class ResearchPatient implements Patient {
  readonly platform = llmResearch.name;
  readonly namespaces = llmResearch.namespaces;
  readonly alertNames = ['DatabaseConnectionPoolExhausted', 'HighErrorRate'];
  readonly services: Readonly<Record<string, SandboxHandler>> = { 'llm-research-api': researchApi(this) };
  readonly traffic = new ResearchTraffic();
  readonly #clock: SandboxClock;
  readonly #cluster: Cluster;
  readonly #faults: FaultBook;
  readonly #poolSizes = new PoolSizes();
  #pods: readonly ReadyPod[] = [];
  #badRevisions = 0;
  #steppedAt: number;

  constructor({ clock, cluster }: Pick<PatientWorld, 'clock' | 'cluster'>) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#steppedAt = clock.now();
    this.#faults = new FaultBook(this.#kinds());
  }

  get faultNames(): readonly string[] {
    return this.#faults.names;
  }

  step(): void {
    const now = this.#clock.now();
    this.traffic.pass((now - this.#steppedAt) / 1000);
    this.#steppedAt = now;
    this.#pods = readyPods(this.#cluster, this.namespaces[0], app);
    this.#poolSizes.note(this.#configuredSize(), now);
    this.#faults.step(now);
    this.traffic.load = this.#load();
  }

  series(): readonly Series[] {
    const recorded = [
      { name: 'llm_research:http_requests:error_ratio', labels: {}, value: this.traffic.errorRatio },
      { name: 'llm_research:db_pool_connections:ratio', labels: {}, value: this.traffic.poolRatio },
    ];
    return [...this.traffic.metrics().flatMap(({ series }) => series), ...recorded];
  }

  inject(fault: string, labels: Readonly<Record<string, string>>): boolean {
    this.step();
    const isKnown = this.#faults.inject(fault, labels, this.#clock.now());
    this.step();
    return isKnown;
  }

  heal(): void {
    this.#faults.clear();
    this.step();
  }

  faults(): ReturnType<Patient['faults']> {
    return this.#faults.all();
  }

  isSettled(): boolean {
    return this.#faults.isSettled();
  }

  alert(name: string): KnownAlert | undefined {
    const alert = (fault: string, isFiring: () => boolean): KnownAlert => ({
      fault,
      isUnwell: () => isFiring() || this.#faults.hasUncured(fault),
      fallIll: () => void this.inject(fault, {}),
    });
    const known: Readonly<Record<string, KnownAlert>> = {
      DatabaseConnectionPoolExhausted: alert('pool-exhausted', () => this.isPoolExhausted()),
      HighErrorRate: alert('high-error-rate', () => this.traffic.errorRatio > 0.01),
    };
    return Object.hasOwn(known, name) ? known[name] : undefined;
  }

  isServing(): boolean {
    return this.#pods.length > 0;
  }

  isPoolExhausted(): boolean {
    return this.traffic.poolRatio > exhaustedAbove;
  }

  #load(): ResearchLoad {
    const pool = this.#fullestPool();
    const isWaiting = pool.active / pool.size > exhaustedAbove;
    const errorShare = Math.max(isWaiting ? 0.005 : 0.001, this.#badShare() * badRevisionErrors);
    return {
      requestsPerSecond: this.isServing() ? requestsPerSecond : 0,
      errorShare,
      latency: { median: isWaiting ? 0.5 : 0.2, spread: 0.5 },
      pool,
    };
  }

  #fullestPool(): ResearchLoad['pool'] {
    const surge = this.#faults.find('pool-exhausted');
    const wanted = surge === undefined ? ordinaryConnections : surgeConnections;
    const sizes = this.#pods.map(({ createdAt }) => this.#poolSizes.at(createdAt));
    const size = sizes.length === 0 ? this.#poolSizes.at(this.#clock.now()) : Math.min(...sizes);
    if (sizes.length === 0) return { active: 0, size };
    // A stubborn one leaks connections: it fills a pool of any size.
    return { active: surge?.isStubborn === true ? size : Math.min(size, wanted), size };
  }

  #badShare(): number {
    const fault = this.#faults.find('high-error-rate');
    if (fault === undefined || this.#pods.length === 0) return 0;
    if (fault.isStubborn) return 1;
    return this.#pods.filter(({ image }) => image === this.#badImage()).length / this.#pods.length;
  }

  #kinds(): Readonly<Record<string, FaultKind>> {
    return {
      'pool-exhausted': {
        isLasting: true,
        onset: () => this.#resetPool(),
        isCured: () => {
          const { active, size } = this.#fullestPool();
          return this.isServing() && active / size <= exhaustedAbove;
        },
      },
      'high-error-rate': {
        isLasting: false,
        onset: () => this.#releaseBadRevision(),
        isCured: () =>
          this.isServing() && this.#wantedImage() !== this.#badImage() && this.#pods.every(({ image }) => image !== this.#badImage()),
      },
    };
  }

  /** The surge comes over a platform whose pool was set back to what it was at first. */
  #resetPool(): void {
    const found = this.#cluster.get('ConfigMap', this.namespaces[0], 'llm-research-config');
    const size = String(researchPoolSize);
    if (found !== undefined && this.#configuredSize() !== size) {
      this.#cluster.update(found, (live) => ({ ...live, data: { ...(live['data'] as object), CONNECTION_POOL_SIZE: size } }));
    }
    this.#poolSizes.reset(researchPoolSize);
  }

  #releaseBadRevision(): void {
    const found = this.#deployment();
    if (found === undefined) return;
    this.#badRevisions += 1;
    const image = this.#badImage();
    this.#cluster.update(found, (live) => {
      const spec = live['spec'] as DeploymentSpec;
      const containers = spec.template.spec.containers.map((container, index) => (index === 0 ? { ...container, image } : container));
      return { ...live, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } } };
    });
  }

  /** Each time a version that was not there before. */
  #badImage(): string {
    return `${researchImage}:1.5.${this.#badRevisions}`;
  }

  #deployment(): KubernetesObject | undefined {
    return this.#cluster.get('Deployment', this.namespaces[0], app);
  }

  #wantedImage(): string | undefined {
    return (this.#deployment()?.['spec'] as DeploymentSpec | undefined)?.template.spec.containers[0]?.image;
  }

  #configuredSize(): string | undefined {
    const data = this.#cluster.get('ConfigMap', this.namespaces[0], 'llm-research-config')?.['data'] as
      | Readonly<Record<string, string>>
      | undefined;
    return data?.['CONNECTION_POOL_SIZE'];
  }
}
