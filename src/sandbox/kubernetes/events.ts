import type { SandboxClock } from '../clock.ts';
import type { RecordEvent } from './controllers/control.ts';
import { numberAt } from './plain.ts';
import { lettersOf } from './random-name.ts';
import type { Store } from './store.ts';
import { timestamp } from './timestamp.ts';
import type { Writes } from './writes.ts';

const keptEvents = 2_000;

/** Records Events as controllers do: the same reason and message about one object only counts up; the oldest are dropped. */
export function createEventRecorder(store: Store, writes: Writes, clock: SandboxClock): RecordEvent {
  const names: { readonly namespace: string; readonly name: string }[] = [];
  return (about, { type, reason, message }) => {
    const namespace = about.metadata.namespace ?? 'default';
    const name = `${about.metadata.name}.${lettersOf([about.metadata.uid, type, reason, message].join('\n'), 16)}`;
    const now = timestamp(clock.now());
    const known = store.get('Event', namespace, name);
    if (known !== undefined) {
      writes.update(known, { ...known, count: (numberAt(known, 'count') ?? 1) + 1, lastTimestamp: now });
      return;
    }
    const { uid, resourceVersion } = about.metadata;
    writes.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: { kind: about.kind, namespace, name: about.metadata.name, uid, apiVersion: about.apiVersion, resourceVersion },
      reason,
      message,
      source: { component: 'sandbox' },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      reportingComponent: 'sandbox',
    });
    names.push({ namespace, name });
    const oldest = names.length > keptEvents ? names.shift() : undefined;
    const stale = oldest === undefined ? undefined : store.get('Event', oldest.namespace, oldest.name);
    if (stale !== undefined) store.remove(stale);
  };
}
