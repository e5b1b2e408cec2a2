import type { SandboxClock } from '../../clock.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { listAt, numberAt, objectAt } from '../../kubernetes/plain.ts';
import type { SandboxHandler } from '../../listen.ts';
import type { PatientWorld } from '../patient-world.ts';
import type { KnownAlert, Patient } from '../patient.ts';
import { FaultBook, type FaultKind } from '../fault-book.ts';
import type { Fault } from '../fault.ts';
import { areAllNewer, readyPods, type ReadyPod } from '../ready-pods.ts';
import type { Series } from '../series.ts';
import { cpuLimitOf, embeddingLatency, latencyUnder, memoryIn, neededCpu, surgeRate, utilisation } from './ml-capacity.ts';
import { forAll, MlSigns, type MlState } from './ml-signs.ts';
import { modelServing } from './model-serving.ts';
import { NodeFailure } from './node-failure.ts';
import {
  carbonMl,
  embeddingResources,
  mlNamespaces,
  mlServices,
  modelServingOf,
  modelServingReplicas,
  type MlNamespace,
  type MlService,
} from './platform.ts';

type Labels = Readonly<Record<string, string>>;

const ordinaryRate = 60;
const badModelErrors = 0.2;
const fullAbove = 0.9;

/** A model's version that is served, and the one before. */
interface ServedVersion {
  readonly version: string;
  readonly previous: string | null;
}

/** The 254Carbon ML Platform as it lives, in three environments on the same nodes. */
export class MlPatient implements Patient {
  readonly platform = carbonMl.name;
  readonly namespaces = mlNamespaces;
  readonly alertNames = ['MLHighLatency', 'MLHighErrorRate', 'MLServiceDown', 'MLHighResourceUse', 'MLDatabaseDown', 'MLNodeNotReady'];
  readonly services: Readonly<Record<string, SandboxHandler>> = Object.fromEntries(
    mlNamespaces.map((namespace) => [modelServingOf(namespace), modelServing(this, namespace)]),
  );
  readonly #clock: SandboxClock;
  readonly #cluster: Cluster;
  readonly #faults: FaultBook;
  readonly #nodes: NodeFailure;
  readonly #signs = new Map(mlNamespaces.map((namespace) => [namespace, new MlSigns()]));
  readonly #models = new Map<MlNamespace, ServedVersion>(mlNamespaces.map((namespace) => [namespace, { version: '7', previous: '6' }]));
  #newest = 7;
  #pods: ReadonlyMap<string, readonly ReadyPod[]> = new Map();
  #hasStarted = false;
  #steppedAt: number;

  constructor({ clock, cluster }: Pick<PatientWorld, 'clock' | 'cluster'>) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#steppedAt = clock.now();
    this.#nodes = new NodeFailure(cluster, mlNamespaces);
    this.#faults = new FaultBook(this.#kinds());
  }

  get faultNames(): readonly string[] {
    return this.#faults.names;
  }

  signsOf(namespace: MlNamespace): MlSigns {
    const signs = this.#signs.get(namespace);
    if (signs === undefined) throw new RangeError(`there is no environment ${namespace}`);
    return signs;
  }

  modelIn(namespace: MlNamespace): ServedVersion {
    return this.#models.get(namespace) ?? { version: '', previous: null };
  }

  /** Of what is left aside nothing is kept: there is no way back from going back. */
  serveModel(namespace: MlNamespace, version: string): void {
    if (version !== this.modelIn(namespace).version) this.#models.set(namespace, { version, previous: null });
    this.step();
  }

  step(): void {
    const now = this.#clock.now();
    for (const signs of this.#signs.values()) signs.pass((now - this.#steppedAt) / 1000);
    this.#steppedAt = now;
    const failed = this.#faults.find('node-down');
    if (failed !== undefined) this.#nodes.step(failed, now);
    const all = mlNamespaces.flatMap((namespace) => mlServices.map((app) => ({ namespace, app })));
    this.#pods = new Map(all.map(({ namespace, app }) => [`${namespace}/${app}`, readyPods(this.#cluster, namespace, app)]));
    // Until all pods have started for the first time there is nothing to serve with, and that is no illness.
    this.#hasStarted ||= mlNamespaces.every((namespace) => this.#deploymentsIn(namespace).every(({ wanted, available }) => available >= wanted));
    if (!this.#hasStarted) return;
    this.#faults.step(now);
    for (const namespace of mlNamespaces) this.signsOf(namespace).state = this.#stateOf(namespace);
  }

  series(): readonly Series[] {
    const ofEnvironments = [...this.#signs].flatMap(([namespace, signs]) =>
      [...signs.metrics().flatMap(({ series }) => series), ...signs.recorded()].map((series) => ({
        ...series,
        labels: { namespace, ...series.labels },
      })),
    );
    return [...ofEnvironments, ...this.#nodes.series()];
  }

  inject(fault: string, labels: Labels): boolean {
    this.step();
    const isKnown = this.#faults.inject(fault, labels, this.#clock.now());
    this.step();
    return isKnown;
  }

  heal(): void {
    this.#faults.clear();
    this.#nodes.end();
    this.step();
  }

  faults(): ReturnType<Patient['faults']> {
    return this.#faults.all();
  }

  isSettled(): boolean {
    return this.#faults.isSettled() && !this.#faults.hasUncured('node-down');
  }

  alert(name: string, labels: Labels): KnownAlert | undefined {
    const namespace = namespaceIn(labels);
    if (namespace === undefined) return undefined;
    const service = labels['service'] ?? 'model-serving';
    const signs = this.signsOf(namespace);
    const alert = (fault: string, isFiring: () => boolean, more: Labels = { namespace }): KnownAlert => ({
      fault,
      isUnwell: () => isFiring() || this.#faults.hasUncured(fault, more),
      fallIll: () => void this.inject(fault, more),
    });
    const known = mlServices.find((each) => each === service);
    switch (`${name} ${service}`) {
      case 'MLHighLatency model-serving':
        return alert('high-latency', () => signs.p95('model-serving') > 0.5);
      case 'MLHighLatency embedding-service':
        return alert('embedding-latency', () => signs.p95('embedding-service') > 0.5);
      case 'MLHighErrorRate model-serving':
        return alert('bad-model', () => signs.errorRatio('model-serving') > 0.05);
      case 'MLHighResourceUse embedding-service':
      case 'MLHighResourceUse model-serving':
        return alert('high-memory', () => signs.memoryRatio > fullAbove);
    }
    if (name === 'MLServiceDown' && known !== undefined)
      return alert('service-down', () => !this.isAnswering(namespace, known), { namespace, service: known });
    if (name === 'MLDatabaseDown') return alert('database-down', () => !this.#isDatabaseUp(namespace));
    if (name !== 'MLNodeNotReady') return undefined;
    const node = this.#nodes.nodes().find((each) => each === (labels['node'] ?? this.#nodes.nodes()[1]));
    if (node === undefined) return undefined;
    return alert('node-down', () => !this.#nodes.isReady(node) && !this.#nodes.isCordoned(node), { node });
  }

  /** Pods that hang answer nothing, so all of them have to be newer than the fault. */
  isAnswering(namespace: MlNamespace, service: MlService): boolean {
    if (!this.#hasStarted) return true;
    const pods = this.#podsOf(namespace, service);
    const fault = this.#faults.find('service-down', { namespace, service });
    return pods.length > 0 && !(fault !== undefined && (fault.isStubborn || !areAllNewer(pods, fault.since)));
  }

  #podsOf(namespace: MlNamespace, service: MlService): readonly ReadyPod[] {
    return this.#pods.get(`${namespace}/${service}`) ?? [];
  }

  #isDatabaseUp(namespace: MlNamespace): boolean {
    return !this.#faults.hasUncured('database-down', { namespace });
  }

  #deploymentsIn(namespace: MlNamespace): MlState['deployments'] {
    return this.#cluster.list('Deployment', namespace).map((found) => ({
      name: found.metadata.name,
      wanted: numberAt(found, 'spec', 'replicas') ?? 1,
      available: readyPods(this.#cluster, namespace, found.metadata.name).length,
    }));
  }

  #stateOf(namespace: MlNamespace): MlState {
    const find = (fault: string) => this.#faults.find(fault, { namespace });
    const isModelBad = this.#faults.hasUncured('bad-model', { namespace });
    return {
      loads: forAll((service) => {
        const isServing = this.isAnswering(namespace, service);
        const surge = service === 'model-serving' ? find('high-latency') : undefined;
        const requestsPerSecond = !isServing ? 0 : surge === undefined ? ordinaryRate : surgeRate;
        // A stubborn surge grows with the pods.
        const pods = surge?.isStubborn === true ? modelServingReplicas : this.#podsOf(namespace, 'model-serving').length;
        const latency =
          service === 'model-serving'
            ? latencyUnder(utilisation(requestsPerSecond, pods))
            : embeddingLatency(service === 'embedding-service' ? this.#podsOf(namespace, service) : [], find('embedding-latency'));
        return { requestsPerSecond, latency, errorShare: service === 'model-serving' && isModelBad ? badModelErrors : 0.001 };
      }),
      isUp: forAll((service) => this.isAnswering(namespace, service)),
      isDatabaseUp: this.#isDatabaseUp(namespace),
      memory: this.#podsOf(namespace, 'embedding-service').map((pod) => ({ pod: pod.name, ...memoryIn(pod, find('high-memory')) })),
      deployments: this.#deploymentsIn(namespace),
    };
  }

  #kinds(): Readonly<Record<string, FaultKind>> {
    const labels = (given: Labels): Labels | undefined => {
      const namespace = namespaceIn(given);
      return namespace === undefined ? undefined : { namespace };
    };
    const placeOf = (fault: Fault): MlNamespace => namespaceIn(fault.labels) ?? mlNamespaces[0];
    const embedding = (fault: Fault) => this.#podsOf(placeOf(fault), 'embedding-service');
    const resetEmbedding = (fault: Fault): void => this.#resetEmbedding(placeOf(fault));
    return {
      'high-latency': {
        labels,
        isLasting: true,
        onset: (fault) => this.#scaleIn(placeOf(fault)),
        isCured: (fault) => utilisation(surgeRate, this.#podsOf(placeOf(fault), 'model-serving').length) <= 1,
      },
      'embedding-latency': {
        labels,
        isLasting: true,
        onset: resetEmbedding,
        isCured: (fault) => embedding(fault).length > 0 && embedding(fault).every((pod) => cpuLimitOf(pod) >= neededCpu),
      },
      'high-memory': {
        labels,
        isLasting: true,
        onset: resetEmbedding,
        isCured: (fault) => {
          const pods = embedding(fault).map((pod) => memoryIn(pod, fault));
          return pods.length > 0 && pods.every(({ used, limit }) => used <= fullAbove * limit);
        },
      },
      'bad-model': {
        // The version is part of what it is: each release is one that was not there before.
        labels: (given) => {
          const place = labels(given);
          return place === undefined ? undefined : { ...place, version: String(this.#newest + 1) };
        },
        isLasting: false,
        onset: (fault) => {
          this.#newest += 1;
          const { version } = this.modelIn(placeOf(fault));
          this.#models.set(placeOf(fault), { version: String(this.#newest), previous: version });
        },
        isCured: (fault) => this.modelIn(placeOf(fault)).version !== fault.labels['version'],
      },
      'service-down': {
        labels: (given) => {
          const service = mlServices.find((name) => name === (given['service'] ?? 'model-serving'));
          const place = labels(given);
          return place === undefined || service === undefined ? undefined : { ...place, service };
        },
        isLasting: false,
        isCured: (fault) => {
          const service = mlServices.find((name) => name === fault.labels['service']) ?? 'model-serving';
          return areAllNewer(this.#podsOf(placeOf(fault), service), fault.since);
        },
      },
      'database-down': { labels, isLasting: false, isCured: (fault) => this.#isRestoredSince(placeOf(fault), fault.since) },
      'node-down': {
        labels: (given) => {
          const node = this.#nodes.nodes().find((each) => each === (given['node'] ?? this.#nodes.nodes()[1]));
          return node === undefined ? undefined : { node };
        },
        isLasting: false,
        onset: (fault) => this.#nodes.begin(fault.labels['node'] ?? ''),
        isCured: (fault) => this.#nodes.isOver(fault),
      },
    };
  }

  /** Only a restore that has ended well brings the database back. */
  #isRestoredSince(namespace: MlNamespace, since: number): boolean {
    return this.#cluster
      .list('Job', namespace)
      .some(
        (job) =>
          job.metadata.name.startsWith('postgres-restore') &&
          (this.#cluster.createdAtMs(job) ?? 0) > since &&
          (numberAt(job, 'status', 'succeeded') ?? 0) > 0,
      );
  }

  #scaleIn(namespace: MlNamespace): void {
    this.#update(['HorizontalPodAutoscaler', namespace, 'model-serving-hpa'], { minReplicas: modelServingReplicas });
    this.#update(['Deployment', namespace, 'model-serving'], { replicas: modelServingReplicas });
  }

  #resetEmbedding(namespace: MlNamespace): void {
    const found = this.#cluster.get('Deployment', namespace, 'embedding-service');
    const template = objectAt(found, 'spec', 'template');
    const resources = { limits: embeddingResources, requests: embeddingResources };
    const containers = listAt(template, 'spec', 'containers').map((container) => ({ ...container, resources }));
    this.#update(['Deployment', namespace, 'embedding-service'], {
      template: { ...template, spec: { ...objectAt(template, 'spec'), containers } },
    });
  }

  #update([kind, namespace, name]: readonly [string, string, string], change: Readonly<Record<string, unknown>>): void {
    const found = this.#cluster.get(kind, namespace, name);
    if (found !== undefined) this.#cluster.update(found, (live) => ({ ...live, spec: { ...objectAt(live, 'spec'), ...change } }));
  }
}

/** Staging where nothing is said; undefined for what is none of the platform's. */
function namespaceIn(labels: Labels): MlNamespace | undefined {
  return mlNamespaces.find((namespace) => namespace === (labels['namespace'] ?? 'ml-platform-staging'));
}
