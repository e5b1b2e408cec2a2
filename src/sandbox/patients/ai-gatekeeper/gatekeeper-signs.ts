import { counter, gauge, type Metric, type Series } from '../series.ts';

/** A pod's pool of database connections. */
export interface Pool {
  readonly size: number;
  readonly overflow: number;
  readonly checkedOut: number;
}

export interface PodMemory {
  readonly pod: string;
  readonly used: number;
  readonly limit: number;
}

/** What the application shows at one moment. */
export interface GatekeeperState {
  readonly requestsPerSecond: number;
  /** From 0 to 1: requests answered 500. */
  readonly errorShare: number;
  /** Of the pod whose pool is fullest. */
  readonly pool: Pool;
  readonly memory: readonly PodMemory[];
  /** Of the pods that take requests. */
  readonly versions: readonly string[];
  readonly crashing: readonly string[];
}

/** Connections that the database allows, keeps back for administrators, and gives to others than the application. */
const database = { max: 400, reserved: 3, others: 12 } as const;

/** The requests through the application and what its exporters tell of it. */
export class GatekeeperSigns {
  /** What is so from now on. */
  state: GatekeeperState = {
    requestsPerSecond: 0,
    errorShare: 0,
    pool: { size: 0, overflow: 0, checkedOut: 0 },
    memory: [],
    versions: [],
    crashing: [],
  };
  #succeeded = 0;
  #failed = 0;

  /** Seconds of the present state. */
  pass(seconds: number): void {
    const requests = seconds * this.state.requestsPerSecond;
    this.#succeeded += requests * (1 - this.state.errorShare);
    this.#failed += requests * this.state.errorShare;
  }

  /** NaN without a pool, as a division by zero in Prometheus. */
  get poolRatio(): number {
    const { size, overflow, checkedOut } = this.state.pool;
    return checkedOut / (size + overflow);
  }

  get memoryRatio(): number {
    return this.state.memory.length === 0 ? NaN : Math.max(...this.state.memory.map(({ used, limit }) => used / limit));
  }

  get errorRatio(): number {
    return this.state.requestsPerSecond === 0 ? NaN : this.state.errorShare;
  }

  /** As deploy/prometheus/ai-gatekeeper.yaml records them. */
  recorded(): readonly Series[] {
    return [
      { name: 'ai_gatekeeper:db_pool:ratio', labels: {}, value: this.poolRatio },
      { name: 'ai_gatekeeper:db_connections_for_pools:count', labels: {}, value: database.max - database.reserved - database.others },
      { name: 'ai_gatekeeper:memory:ratio', labels: {}, value: this.memoryRatio },
      { name: 'ai_gatekeeper:http_requests:error_ratio', labels: {}, value: this.errorRatio },
      { name: 'ai_gatekeeper:pods_not_starting:count', labels: {}, value: this.state.crashing.length },
    ];
  }

  metrics(): readonly Metric[] {
    const { pool, memory, versions, crashing } = this.state;
    const container = 'ai-gatekeeper';
    return [
      counter('http_requests_total', 'HTTP requests by status.', [
        [{ status: '200' }, this.#succeeded],
        [{ status: '500' }, this.#failed],
      ]),
      gauge(
        'ai_gatekeeper_build_info',
        'Versions that are running.',
        versions.map((version) => [{ version }, 1]),
      ),
      gauge('db_pool_size', 'Connections that the pool keeps, of the pod with the fullest pool.', [[{}, pool.size]]),
      gauge('db_pool_max_overflow', 'Connections that the pool may open beyond that.', [[{}, pool.overflow]]),
      gauge('db_pool_checked_out', 'Connections that requests hold.', [[{}, pool.checkedOut]]),
      gauge('pg_settings_max_connections', 'As postgres_exporter tells it.', [[{}, database.max]]),
      gauge('pg_settings_superuser_reserved_connections', 'As postgres_exporter tells it.', [[{}, database.reserved]]),
      gauge('pg_stat_activity_count', 'Sessions by user, as postgres_exporter tells them.', [
        [{ usename: 'gatekeeper', state: 'active' }, pool.checkedOut * memory.length],
        [{ usename: 'reports', state: 'idle' }, database.others],
      ]),
      gauge(
        'container_memory_working_set_bytes',
        'As the kubelet tells it.',
        memory.map(({ pod, used }) => [{ pod, container }, used]),
      ),
      gauge(
        'kube_pod_container_resource_limits',
        'As kube-state-metrics tells it.',
        memory.map(({ pod, limit }) => [{ pod, container, resource: 'memory', unit: 'byte' }, limit]),
      ),
      gauge('kube_deployment_status_replicas', 'As kube-state-metrics tells it.', [
        [{ deployment: container }, memory.length + crashing.length],
      ]),
      gauge(
        'kube_pod_container_status_waiting_reason',
        'As kube-state-metrics tells it.',
        crashing.map((pod) => [{ pod, container, reason: 'CrashLoopBackOff' }, 1]),
      ),
    ];
  }
}
