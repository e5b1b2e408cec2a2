import { isReady } from '../../kubernetes/controllers/control.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { textAt } from '../../kubernetes/plain.ts';
import { gauge, type Metric } from '../series.ts';
import { dependencies } from './research-breakers.ts';

/** What the exporters beside the platform see. */
export interface ResearchSurroundings {
  /** All pods of the namespace. */
  readonly pods: readonly KubernetesObject[];
  readonly database: { readonly maxConnections: number; readonly connections: number };
  readonly down: ReadonlySet<string>;
}

const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];

/** What kube-state-metrics, the exporter of the database and the probes of the dependencies say. */
export function exporterMetrics({ pods, database, down }: ResearchSurroundings): readonly Metric[] {
  const named = pods.map((pod) => ({ pod: pod.metadata.name, isReady: isReady(pod), phase: textAt(pod, 'status', 'phase') || 'Pending' }));
  return [
    gauge(
      'kube_pod_status_ready',
      'Whether a pod is ready.',
      named.flatMap(({ pod, isReady: ready }) =>
        ['true', 'false'].map((condition) => [{ pod, condition }, ready === (condition === 'true') ? 1 : 0] as const),
      ),
    ),
    gauge(
      'kube_pod_status_phase',
      'The phase of a pod.',
      named.flatMap(({ pod, phase }) => phases.map((each) => [{ pod, phase: each }, each === phase ? 1 : 0] as const)),
    ),
    gauge('pg_settings_max_connections', 'Connections that the database takes.', [[{}, database.maxConnections]]),
    gauge('pg_stat_activity_count', 'Connections to the database.', [[{}, database.connections]]),
    gauge(
      'dependency_up',
      'Whether a service that the platform calls answers its probe.',
      dependencies.map((service) => [{ service }, down.has(service) ? 0 : 1] as const),
    ),
  ];
}
