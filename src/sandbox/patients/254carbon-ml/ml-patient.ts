import type { SandboxClock } from '../../clock.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { numberAt } from '../../kubernetes/plain.ts';
import type { SandboxHandler } from '../../listen.ts';
import type { PatientWorld } from '../patient-world.ts';
import type { KnownAlert, Patient } from '../patient.ts';
import { makeEarlierJob } from '../earlier-job.ts';
import { FaultBook } from '../fault-book.ts';
import { areAllNewer, readyPodsByApp, type ReadyPod } from '../ready-pods.ts';
import type { Metric, Series } from '../series.ts';
import { embeddingLatency, fullAbove, latencyUnder, memoryIn, surgeRate, utilisation } from './ml-capacity.ts';
import { mlFaults, namespaceIn } from './ml-faults.ts';
import { forAll, MlSigns, type MlState } from './ml-signs.ts';
import { ModelRegistry, type ServedVersion } from './model-registry.ts';
import { modelServing } from './model-serving.ts';
import { NodeFailure } from './node-failure.ts';
import { carbonMl, mlNamespaces, mlServices, modelServingOf, modelServingReplicas, type MlNamespace, type MlService } from './platform.ts';

type Labels = Readonly<Record<string, string>>;

const ordinaryRate = 60;
const badModelErrors = 0.2;

/** The 254Carbon ML Platform as it lives, in three environments on the same nodes. */
export class MlPatient implements Patient {
  readonly platform = carbonMl.name;
  readonly namespaces = mlNamespaces;
  readonly alertNames = ['MLHighLatency', 'MLHighErrorRate', 'MLServiceDown', 'MLHighResourceUse', 'MLDatabaseDown', 'MLNodeNotReady'];
  readonly faultAlerts = { 'embedding-latency': ['MLHighLatency'] };
  readonly services: Readonly<Record<string, SandboxHandler>> = Object.fromEntries(
    mlNamespaces.map((namespace) => [modelServingOf(namespace), modelServing(this, namespace)]),
  );
  readonly faults: FaultBook;
  readonly #clock: SandboxClock;
  readonly #cluster: Cluster;
  readonly #nodes: NodeFailure;
  readonly #signs = new Map(mlNamespaces.map((namespace) => [namespace, new MlSigns()]));
  readonly #models = new ModelRegistry();
  #pods: ReadonlyMap<string, ReturnType<typeof readyPodsByApp>> = new Map();
  #hasStarted = false;
  #steppedAt: number;

  constructor({ clock, cluster }: Pick<PatientWorld, 'clock' | 'cluster'>) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#steppedAt = clock.now();
    this.#nodes = new NodeFailure(cluster, mlNamespaces);
    const podsOf = (namespace: MlNamespace, service: MlService) => this.#podsOf(namespace, service);
    const kinds = mlFaults({ cluster, models: this.#models, nodes: this.#nodes, podsOf });
    this.faults = new FaultBook({ kinds, clock, refresh: () => this.step() });
    for (const namespace of mlNamespaces) makeEarlierJob(cluster, { namespace, cronJob: 'postgres-backup', suffix: 'latest' });
  }

  signsOf(namespace: MlNamespace): MlSigns {
    const signs = this.#signs.get(namespace);
    if (signs === undefined) throw new RangeError(`there is no environment ${namespace}`);
    return signs;
  }

  /** What its exporters tell of an environment, by name; nodes, which are in none, are told of with the first. */
  metricsOf(namespace: MlNamespace): readonly Metric[] {
    const own = this.signsOf(namespace).metrics();
    const named = own.map((metric) => ({ ...metric, series: metric.series.map((series) => inNamespace(namespace, series)) }));
    return [...named, ...(namespace === mlNamespaces[0] ? this.#nodes.metrics() : [])];
  }

  modelIn(namespace: MlNamespace): ServedVersion {
    return this.#models.in(namespace);
  }

  serveModel(namespace: MlNamespace, version: string): void {
    this.#models.serve(namespace, version);
    this.step();
  }

  step(): void {
    const now = this.#clock.now();
    for (const signs of this.#signs.values()) signs.pass((now - this.#steppedAt) / 1000);
    this.#steppedAt = now;
    const failed = this.faults.find('node-down');
    if (failed !== undefined) this.#nodes.step(failed, now);
    this.#pods = new Map(mlNamespaces.map((namespace) => [namespace, readyPodsByApp(this.#cluster, namespace)]));
    // Until all pods have started for the first time there is nothing to serve with, and that is no illness.
    this.#hasStarted ||= mlNamespaces.every((namespace) =>
      this.#deploymentsIn(namespace).every(({ wanted, available }) => available >= wanted),
    );
    if (!this.#hasStarted) return;
    this.faults.step(now);
    for (const namespace of mlNamespaces) this.signsOf(namespace).state = this.#stateOf(namespace);
  }

  series(): readonly Series[] {
    const ofEnvironments = [...this.#signs].flatMap(([namespace, signs]) => [
      ...this.metricsOf(namespace).flatMap(({ series }) => series),
      ...signs.recorded().map((series) => inNamespace(namespace, series)),
    ]);
    return [...ofEnvironments, ...this.#nodes.recorded()];
  }

  heal(): void {
    this.faults.clear();
    this.#nodes.end();
    this.step();
  }

  isSettled(): boolean {
    return this.faults.isSettled() && !this.faults.hasUncured('node-down');
  }

  /** Where an alert names no service, it may be about any. */
  alert(name: string, labels: Labels): KnownAlert | undefined {
    const namespace = namespaceIn(labels);
    const { service } = labels;
    const suspects = mlServices.filter((each) => service === undefined || each === service);
    const node = this.#nodes.named(labels['node']);
    if (namespace === undefined || suspects.length === 0) return undefined;
    const signs = this.signsOf(namespace);
    const place: Labels = { namespace, ...(service === undefined ? {} : { service }) };
    const alert = (fault: string, isFiring: (service: MlService) => boolean, at: Labels = { namespace }): KnownAlert => ({
      fault,
      isUnwell: () => suspects.some(isFiring) || this.faults.hasUncured(fault, at),
      fallIll: () => void this.faults.inject(fault, at),
    });
    const isServing = suspects.includes('model-serving');
    switch (name) {
      case 'MLHighLatency': {
        const fault = isServing ? 'high-latency' : suspects.includes('embedding-service') ? 'embedding-latency' : undefined;
        return fault === undefined ? undefined : alert(fault, (each) => signs.p95(each) > 0.5);
      }
      case 'MLHighErrorRate':
        return isServing ? alert('bad-model', (each) => signs.errorRatio(each) > 0.05) : undefined;
      case 'MLHighResourceUse':
        return alert('high-memory', (each) => signs.memoryRatio(each) > fullAbove, place);
      case 'MLServiceDown':
        return alert('service-down', (each) => !this.isAnswering(namespace, each), place);
      case 'MLDatabaseDown':
        return alert('database-down', () => !this.#isDatabaseUp(namespace));
      case 'MLNodeNotReady':
        if (node === undefined) return undefined;
        return alert('node-down', () => !this.#nodes.isReady(node) && !this.#nodes.isCordoned(node), { node });
      default:
        return undefined;
    }
  }

  /** Pods that hang answer nothing, so all of them have to be newer than the fault. */
  isAnswering(namespace: MlNamespace, service: MlService): boolean {
    if (!this.#hasStarted) return true;
    const pods = this.#podsOf(namespace, service);
    const fault = this.faults.find('service-down', { namespace, service });
    return pods.length > 0 && !(fault !== undefined && (fault.isStubborn || !areAllNewer(pods, fault.since)));
  }

  #podsOf(namespace: MlNamespace, service: MlService): readonly ReadyPod[] {
    return this.#pods.get(namespace)?.get(service) ?? [];
  }

  #isDatabaseUp(namespace: MlNamespace): boolean {
    return !this.faults.hasUncured('database-down', { namespace });
  }

  #deploymentsIn(namespace: MlNamespace): MlState['deployments'] {
    return this.#cluster.list('Deployment', namespace).map((found) => ({
      name: found.metadata.name,
      wanted: numberAt(found, 'spec', 'replicas') ?? 1,
      available: this.#pods.get(namespace)?.get(found.metadata.name)?.length ?? 0,
    }));
  }

  #stateOf(namespace: MlNamespace): MlState {
    const find = (fault: string) => this.faults.find(fault, { namespace });
    const isModelBad = this.faults.hasUncured('bad-model', { namespace });
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
      memory: mlServices.flatMap((service) => {
        const full = this.faults.find('high-memory', { namespace, service });
        return this.#podsOf(namespace, service).map((pod) => memoryIn(service, pod, full));
      }),
      deployments: this.#deploymentsIn(namespace),
    };
  }
}

function inNamespace(namespace: MlNamespace, series: Series): Series {
  return { ...series, labels: { namespace, ...series.labels } };
}
