import { Histogram } from '../histogram.ts';
import type { LatencyShape } from '../latency.ts';
import { counter, gauge, histogram, type Metric, type Series } from '../series.ts';
import { mlServices, type MlService } from './platform.ts';

/** What passes through one service at one moment. */
export interface ServiceLoad {
  readonly requestsPerSecond: number;
  /** From 0 to 1: requests answered 500. */
  readonly errorShare: number;
  readonly latency: LatencyShape;
}

/** In bytes. */
export interface PodMemory {
  readonly service: MlService;
  readonly pod: string;
  readonly used: number;
  readonly limit: number;
}

export interface MlState {
  readonly loads: Readonly<Record<MlService, ServiceLoad>>;
  /** Whether it answers a probe. */
  readonly isUp: Readonly<Record<MlService, boolean>>;
  readonly isDatabaseUp: boolean;
  readonly memory: readonly PodMemory[];
  readonly deployments: readonly { readonly name: string; readonly wanted: number; readonly available: number }[];
}

/** Bytes that the environment's Redis uses, and may use. */
const redis = { used: 1.2e9, max: 4 * 1024 ** 3 } as const;

const bounds = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];
export const ordinaryLatency: LatencyShape = { median: 0.12, spread: 0.35 };
const idle: ServiceLoad = { requestsPerSecond: 0, errorShare: 0, latency: ordinaryLatency };

/** What one environment of the platform shows. */
export class MlSigns {
  /** What is so from now on. */
  state: MlState = {
    loads: forAll(() => idle),
    isUp: forAll(() => true),
    isDatabaseUp: true,
    memory: [],
    deployments: [],
  };
  readonly #duration = forAll(() => new Histogram(bounds));
  readonly #answered = forAll(() => ({ succeeded: 0, failed: 0 }));

  /** Seconds of the present state. */
  pass(seconds: number): void {
    for (const name of mlServices) {
      const { requestsPerSecond, errorShare, latency } = this.state.loads[name];
      const requests = seconds * requestsPerSecond;
      this.#answered[name].succeeded += requests * (1 - errorShare);
      this.#answered[name].failed += requests * errorShare;
      this.#duration[name].add(latency, requests);
    }
  }

  /** In seconds, as Prometheus would compute it; NaN without requests. */
  p95(name: MlService): number {
    const { requestsPerSecond, latency } = this.state.loads[name];
    return requestsPerSecond === 0 ? NaN : this.#duration[name].quantileOf(latency, 0.95);
  }

  errorRatio(name: MlService): number {
    const { requestsPerSecond, errorShare } = this.state.loads[name];
    return requestsPerSecond === 0 ? NaN : errorShare;
  }

  /** Of the pod that is fullest; NaN without pods. */
  memoryRatio(name: MlService): number {
    const pods = this.state.memory.filter(({ service }) => service === name);
    return pods.length === 0 ? NaN : Math.max(...pods.map(({ used, limit }) => used / limit));
  }

  get replicasMissing(): number {
    return this.state.deployments.reduce((sum, { wanted, available }) => sum + Math.max(0, wanted - available), 0);
  }

  /** As deploy/prometheus/254carbon-ml.yaml records them. */
  recorded(): readonly Series[] {
    return [
      ...mlServices.flatMap((service) => [
        { name: 'ml:request_latency_seconds:p95', labels: { service }, value: this.p95(service) },
        { name: 'ml:requests:error_ratio', labels: { service, ...modelLabel(service) }, value: this.errorRatio(service) },
        { name: 'ml:service_up:min', labels: { service }, value: this.state.isUp[service] ? 1 : 0 },
        { name: 'ml:memory:ratio', labels: { service }, value: this.memoryRatio(service) },
      ]),
      { name: 'ml:memory:ratio', labels: { service: 'redis' }, value: redis.used / redis.max },
      { name: 'ml:replicas_missing:count', labels: {}, value: this.replicasMissing },
    ];
  }

  metrics(): readonly Metric[] {
    const { isUp, isDatabaseUp, memory, deployments } = this.state;
    return [
      this.#durations(),
      counter(
        'http_requests_total',
        'HTTP requests by service and status.',
        mlServices.flatMap((service) => [
          [{ service, ...modelLabel(service), status: '200' }, this.#answered[service].succeeded],
          [{ service, ...modelLabel(service), status: '500' }, this.#answered[service].failed],
        ]),
      ),
      gauge(
        'probe_success',
        'Whether the service answers, as blackbox_exporter tells it.',
        mlServices.map((service) => [{ service }, isUp[service] ? 1 : 0]),
      ),
      gauge('pg_up', 'Whether the database answers.', [[{}, isDatabaseUp ? 1 : 0]]),
      gauge(
        'container_memory_working_set_bytes',
        'As the kubelet tells it.',
        memory.map(({ service, pod, used }) => [{ pod, container: service }, used]),
      ),
      gauge(
        'kube_pod_container_resource_limits',
        'As kube-state-metrics tells it.',
        memory.map(({ service, pod, limit }) => [{ pod, container: service, resource: 'memory', unit: 'byte' }, limit]),
      ),
      gauge('redis_memory_used_bytes', 'As redis_exporter tells it.', [[{}, redis.used]]),
      gauge('redis_memory_max_bytes', 'As redis_exporter tells it.', [[{}, redis.max]]),
      gauge(
        'kube_deployment_spec_replicas',
        'As kube-state-metrics tells it.',
        deployments.map(({ name, wanted }) => [{ deployment: name }, wanted]),
      ),
      gauge(
        'kube_deployment_status_replicas_available',
        'As kube-state-metrics tells it.',
        deployments.map(({ name, available }) => [{ deployment: name }, available]),
      ),
    ];
  }

  #durations(): Metric {
    const [first, ...rest] = mlServices.map((service): Metric => {
      const metric = histogram('http_request_duration_seconds', 'Time to answer one HTTP request.', this.#duration[service]);
      return { ...metric, series: metric.series.map((series) => ({ ...series, labels: { service, ...series.labels } })) };
    });
    if (first === undefined) throw new RangeError('there are no services');
    return { ...first, series: [first, ...rest].flatMap(({ series }) => series) };
  }
}

/** Model serving tells which model it was. */
function modelLabel(service: MlService): Readonly<Record<string, string>> {
  return service === 'model-serving' ? { model: servedModel } : {};
}

export const servedModel = 'ranker';

export function forAll<T>(value: (service: MlService) => T): Readonly<Record<MlService, T>> {
  return Object.fromEntries(mlServices.map((service) => [service, value(service)])) as Readonly<Record<MlService, T>>;
}
