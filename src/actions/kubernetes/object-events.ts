import type { KubernetesObject, KubernetesReader } from '../../ports/kubernetes.ts';
import { redactText } from '../../value/redact.ts';

/** One Event in a line. */
export interface EventSummary {
  readonly at: string;
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly count: number;
  readonly message: string;
}

interface EventsRequest {
  readonly cluster: string;
  readonly namespace: string;
  /** Absent = of all objects of the namespace. */
  readonly about?: { readonly kind: string; readonly name: string; readonly uid?: string };
  readonly signal: AbortSignal;
}

const longestMessage = 1000;

/** Events, the newest first. */
export async function eventsOf(
  kubernetes: KubernetesReader,
  { cluster, namespace, about, signal }: EventsRequest,
): Promise<readonly EventSummary[]> {
  const parts = [
    ...(about === undefined ? [] : [`involvedObject.kind=${about.kind}`, `involvedObject.name=${about.name}`]),
    ...(about?.uid === undefined ? [] : [`involvedObject.uid=${about.uid}`]),
  ];
  const fieldSelector = parts.length === 0 ? {} : { fieldSelector: parts.join(',') };
  const events = await kubernetes.list({ cluster, apiVersion: 'v1', kind: 'Event', namespace, ...fieldSelector }, signal);
  return events.map(summaryOf).toSorted((a, b) => b.at.localeCompare(a.at));
}

function summaryOf(event: KubernetesObject): EventSummary {
  const { type, reason, message, count, eventTime, lastTimestamp, involvedObject, series } = event as {
    type?: string;
    reason?: string;
    message?: string;
    count?: number | null;
    eventTime?: string | null;
    lastTimestamp?: string | null;
    involvedObject?: { kind?: string; name?: string };
    series?: { count?: number; lastObservedTime?: string } | null;
  };
  const created = event.metadata['creationTimestamp'];
  // Events of the scheduler have neither count nor lastTimestamp (test/fixtures/kubernetes, fact 36).
  const at = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? (typeof created === 'string' ? created : '');
  return {
    at,
    type: type ?? 'Normal',
    reason: reason ?? '',
    object: `${involvedObject?.kind ?? ''}/${involvedObject?.name ?? ''}`,
    count: series?.count ?? count ?? 1,
    message: redactText((message ?? '').slice(0, longestMessage)),
  };
}
