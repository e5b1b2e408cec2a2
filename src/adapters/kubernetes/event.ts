import { messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectRef, Trace } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { ClusterApi } from './connection.ts';
import { pathOf } from './resources.ts';

export interface EventSettings {
  readonly log: Log;
  readonly clock: Clock;
}

interface EventRequest {
  readonly cluster: ClusterApi;
  readonly about: ObjectRef & { readonly uid: string };
  readonly trace: Trace;
  readonly signal: AbortSignal;
}

/** The API takes at most 1024 characters. */
const longestMessage = 1000;

/** How long an effect waits for its record, ms. */
const patience = 2000;

/** A core/v1 Event as recorded in test/fixtures/kubernetes/transcripts/19; what goes wrong is logged and no more. */
export async function recordEvent({ cluster, about, trace, signal }: EventRequest, { log, clock }: EventSettings): Promise<void> {
  const { cluster: _cluster, ...involvedObject } = about;
  const namespace = about.namespace ?? 'default';
  const at = new Date(Math.floor(clock.now() / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${about.name.slice(0, 200)}.`, namespace, annotations: { 'fixpoint.dev/run': trace.run } },
    involvedObject,
    reason: trace.reason,
    message: trace.message.slice(0, longestMessage),
    type: 'Normal',
    source: { component: 'fixpoint' },
    reportingComponent: 'fixpoint.dev/fixpoint',
    reportingInstance: 'fixpoint',
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
  try {
    await cluster.send({
      method: 'POST',
      path: pathOf({ apiVersion: 'v1', kind: 'Event', namespace }),
      query: { fieldManager: 'fixpoint' },
      contentType: 'application/json',
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    });
  } catch (error) {
    log.warn(
      { runId: trace.run, target: `${about.kind} ${namespace}/${about.name}`, reason: messageOf(error) },
      'an Event could not be recorded',
    );
  }
}
